// Who may act on runs, and what a run must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded, NewEvent } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import { bestCandidate, type Run, runStream } from '../events/run.ts';
import { RunCancelled, RunCancelRequested, RunFailed, RunRequested, RunSucceeded } from '../events/run-fact.ts';

export const runRules = {
  read: { atLeast: 'agent' },
  request: { atLeast: 'orchestrator' },
  /** Whoever works on it could write code to please them. */
  readTests: { atLeast: 'orchestrator' },
  approve: { atLeast: 'user' },
  cancel: { atLeast: 'orchestrator' },
  retry: { atLeast: 'orchestrator' },
  /** Of workers alone: taking a run, and writing down what came of its steps. */
  work: { exactly: ['superadmin'] },
} as const satisfies Record<string, RoleRule>;

export const runRefusals = defineRefusals({
  run_not_found: {
    kind: 'missing',
    title: 'No such run',
    remedy: 'List the runs with GET /api/v1/runs.',
  },
  run_ended: {
    kind: 'conflict',
    title: 'The run has ended',
    remedy: 'Ask for it again with POST /api/v1/runs/{run_id}/retry.',
  },
  run_not_ended: {
    kind: 'conflict',
    title: 'The run has not ended',
    remedy: 'Wait for its end, or cancel it with POST /api/v1/runs/{run_id}/cancel first.',
  },
  run_not_waiting: {
    kind: 'conflict',
    title: 'The run does not wait for anybody',
    remedy: 'Only a run whose status is `awaiting_approval` can be approved.',
  },
  run_not_repeatable: {
    kind: 'conflict',
    title: 'A run of this kind cannot be asked for again',
    remedy: 'A verification is asked for on its story with POST /api/v1/stories/{story_id}/verify.',
  },
  run_limit: {
    kind: 'conflict',
    title: 'The tenant has as many open runs as it may have',
    remedy: 'Wait until some have ended, or cancel those that nobody needs.',
  },
  run_story_elsewhere: {
    kind: 'rejected',
    title: 'The story is not in that project',
    remedy: 'Leave `project_id` out: a run for a story is in the project of the story.',
  },
  run_fence_lost: {
    kind: 'conflict',
    title: 'Another worker goes on with the run',
    remedy: 'Nothing is to be done: whoever took the run later is the one that is heard.',
  },
  run_content_not_found: {
    kind: 'missing',
    title: 'The run has nothing of that name',
    remedy: 'GET /api/v1/runs/{run_id}/steps tells what it made.',
  },
});

const maxOpenRuns = 10_000;
const wholeTenant = 'tenant';
const ends = new Set([RunSucceeded.type, RunFailed.type, RunCancelled.type]);

/** Runs of the tenant that have not ended. */
export const openRuns: LookupDefinition<number> = {
  name: 'open-runs',
  keyOf: ({ type }) => (type === RunRequested.type || ends.has(type) ? wholeTenant : null),
  fold: (count, { type }) => (type === RunRequested.type ? count + 1 : count - 1),
};

export function requireRunRoom(world: World): void {
  if (world.lookup(openRuns, wholeTenant) < maxOpenRuns) return;
  throw runRefusals.refuse('run_limit', `A tenant has ${maxOpenRuns} open runs at most.`);
}

export function runOf(world: World, id: string): Loaded<Run> {
  const run = world.find(runStream, id);
  if (run === undefined) throw runRefusals.refuse('run_not_found', 'There is no such run.');
  return run;
}

export function unendedRun(world: World, id: string): Run {
  const { state } = runOf(world, id);
  if (state.outcome !== null) throw runRefusals.refuse('run_ended', `The run has ended: ${state.outcome.reason}.`);
  return state;
}

/** A run as whoever took it last may change it. */
export function heldRun(world: World, id: string, fence: number): Run {
  const run = unendedRun(world, id);
  if (run.status === 'running' && run.fence === fence) return run;
  throw runRefusals.refuse('run_fence_lost', `The fence ${fence} is not the one that holds.`);
}

/** A run that somebody works on is ended by whoever does; any other one ends at once. */
export function cancellationOf(id: string, run: Run): NewEvent[] {
  const ref = { type: runStream.type, id };
  if (run.status !== 'running') {
    return [record(RunCancelled, ref, { fence: null, best: bestCandidate(run) }, run.project_id)];
  }
  return run.is_cancelling ? [] : [record(RunCancelRequested, ref, {}, run.project_id)];
}
