// Commands on runs. People and orchestrators ask for them and end them; workers take them and write down their steps.
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { CommandDefinition, World } from '../kernel/command.ts';
import type { JsonObject, NewEvent } from '../kernel/event.ts';
import { Id } from '../kernel/shape.ts';
import { type EventType, record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { type Run, stepFacts } from '../events/run.ts';
import {
  askedFields,
  type Content,
  Micros,
  RunApproved,
  RunCancelled,
  RunLimits,
  RunRequested,
  RunTaken,
  RunTier,
  RunTool,
} from '../events/run-fact.ts';
import { alertFactsOf } from '../policies/alert.ts';
import { requireRole } from '../policies/role.ts';
import { cancellationOf, heldRun, requireRunRoom, runOf, runRefusals, runRules, unendedRun } from '../policies/run.ts';
import { requestFactOf } from '../policies/run-request.ts';
import { openTenant } from '../policies/tenant.ts';
import { type RunAt, storyFactsOf } from '../policies/verification-outcome.ts';

const closed = { additionalProperties: false } as const;
const { max_repairs, max_calls, deadline_s, wall_ms, memory_bytes } = RunLimits.properties;
const { model, labels } = RunRequested.shape.properties;

export const RequestRunBody = Type.Object(
  {
    ...askedFields,
    model: Type.Optional(model),
    tiers: Type.Optional(Type.Array(RunTier, { minItems: 1, maxItems: 3, uniqueItems: true })),
    limits: Type.Optional(
      Type.Object(
        {
          max_repairs: Type.Optional(max_repairs),
          max_calls: Type.Optional(max_calls),
          cap_micros: Type.Optional(Type.Union([Micros, Type.Null()])),
          deadline_s: Type.Optional(deadline_s),
          wall_ms: Type.Optional(wall_ms),
          memory_bytes: Type.Optional(memory_bytes),
        },
        closed,
      ),
    ),
    classify: Type.Optional(Type.Enum(['heuristic', 'model'], { default: 'heuristic' })),
    tools: Type.Optional(
      Type.Array(RunTool, {
        maxItems: 1,
        description: 'What models may call while they write and review code: `run_code` tries a program in a sandbox',
      }),
    ),
    needs_approval: Type.Optional(Type.Boolean({ default: false, description: 'A person lets it begin' })),
    story_id: Type.Optional(Id),
    project_id: Type.Optional(Id),
    labels: Type.Optional(labels),
  },
  closed,
);

const runRef = (id: string) => ({ type: 'run', id });

export interface RequestRun extends Omit<Static<typeof RequestRunBody>, 'tests'> {
  readonly run_id: string;
  readonly tests: Content | null;
}

export const requestRun: CommandDefinition<RequestRun> = {
  name: 'RequestRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.request, world.actor),
  decide(command, world) {
    openTenant(world);
    return [requestFactOf(world, command)];
  },
};

export interface NameRun {
  readonly run_id: string;
}

export const approveRun: CommandDefinition<NameRun> = {
  name: 'ApproveRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.approve, world.actor),
  decide({ run_id }, world) {
    const run = unendedRun(world, run_id);
    if (run.status !== 'awaiting_approval') {
      throw runRefusals.refuse('run_not_waiting', `The run is ${run.status}.`);
    }
    return [record(RunApproved, runRef(run_id), {}, run.project_id)];
  },
};

export const cancelRun: CommandDefinition<NameRun> = {
  name: 'CancelRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.cancel, world.actor),
  decide({ run_id }, world) {
    const run = unendedRun(world, run_id);
    const ended = cancellationOf(run_id, run);
    return [...ended, ...furtherFactsOf(world, { id: run_id, state: run }, ended)];
  },
};

export interface RetryRun extends NameRun {
  /** The run that is asked for again. */
  readonly of: string;
}

export const retryRun: CommandDefinition<RetryRun> = {
  name: 'RetryRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.retry, world.actor),
  decide({ run_id, of }, world) {
    openTenant(world);
    const { state } = runOf(world, of);
    if (state.kind !== 'solve') {
      throw runRefusals.refuse('run_not_repeatable', 'It was not asked for with POST /api/v1/runs.');
    }
    if (state.outcome === null) throw runRefusals.refuse('run_not_ended', `The run is ${state.status}.`);
    requireRunRoom(world);
    const names = Object.keys(RunRequested.shape.properties) as (keyof Static<typeof RunRequested.shape>)[];
    const asked = Object.fromEntries(names.map((name) => [name, state[name]])) as Static<typeof RunRequested.shape>;
    return [record(RunRequested, runRef(run_id), { ...asked, retry_of: of }, state.project_id)];
  },
};

export interface TakeRun extends NameRun {
  readonly worker: string;
  /** Of the claim, greater than that of every claim before. */
  readonly fence: number;
}

export const takeRun: CommandDefinition<TakeRun> = {
  name: 'TakeRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.work, world.actor),
  decide({ run_id, worker, fence }, world) {
    const run = unendedRun(world, run_id);
    if (run.status === 'awaiting_approval' || fence <= run.fence) {
      throw runRefusals.refuse('run_fence_lost', `The run is ${run.status} under the fence ${run.fence}.`);
    }
    const deadline_at = run.deadline_at ?? addSeconds(world.now, run.limits.deadline_s);
    const taken = [record(RunTaken, runRef(run_id), { worker, fence, deadline_at }, run.project_id)];
    return [...taken, ...alertFactsOf(world, { id: run_id, state: run }, taken)];
  },
};

export interface AdvanceRun extends NameRun {
  readonly fence: number;
  /** In their order, without the fence. */
  readonly facts: readonly { readonly kind: EventType; readonly data: JsonObject }[];
}

/** Writes down what came of a step. */
export const advanceRun: CommandDefinition<AdvanceRun> = {
  name: 'AdvanceRun',
  subject: ({ run_id }) => runRef(run_id),
  authorize: (_command, world) => requireRole(runRules.work, world.actor),
  decide({ run_id, fence, facts }, world) {
    const run = heldRun(world, run_id, fence);
    const written = facts.map(({ kind, data }) => stepFact(run, runRef(run_id), kind, { ...data, fence }));
    return [...written, ...furtherFactsOf(world, { id: run_id, state: run }, written)];
  },
};

/** What it means for others that these are written. */
function furtherFactsOf(world: World, run: RunAt, written: readonly NewEvent[]): NewEvent[] {
  return [...storyFactsOf(world, run, written), ...alertFactsOf(world, run, written)];
}

function stepFact(run: Run, ref: ReturnType<typeof runRef>, kind: EventType, data: JsonObject): NewEvent {
  if (!stepFacts.includes(kind)) throw new Error(`${kind.type} is no fact of a step`);
  if (kind === RunCancelled && !run.is_cancelling) throw new Error('nobody asked for the run to be ended');
  const [fault] = Value.Errors(kind.shape, data);
  if (fault !== undefined) throw new Error(`${kind.type}${fault.instancePath} ${fault.message}`);
  return record(kind, ref, data, run.project_id);
}
