// Specs of deciders: given a history, when a command comes, then these events or that refusal. No database, no clock.
import type { Test } from 'tap';
import { Value } from 'typebox/value';
import { agentNameTaken } from '../../commands/agent.ts';
import { epicNumbering, epicNumberTaken } from '../../commands/epic.ts';
import { projectEpicCount, projectSlugTaken } from '../../commands/project.ts';
import { storyNumbering, storyNumberTaken } from '../../commands/story.ts';
import { alertRulesStream, alertStream } from '../../events/alert.ts';
import { agentStream } from '../../events/agent.ts';
import { benchmarkStream } from '../../events/benchmark.ts';
import { evaluationStream } from '../../events/evaluation.ts';
import { evaluationSetStream } from '../../events/evaluation-set.ts';
import { dependencyStream } from '../../events/dependency.ts';
import { dispatchStream } from '../../events/dispatch.ts';
import { authenticatorStream } from '../../events/authenticator.ts';
import { operatorStream } from '../../events/operator.ts';
import { sessionStream } from '../../events/session.ts';
import { drawStream } from '../../events/draw.ts';
import { epicStream } from '../../events/epic.ts';
import { keyStream } from '../../events/key.ts';
import { modelEndpointStream } from '../../events/model-endpoint.ts';
import { modelRoutingStream } from '../../events/model-routing.ts';
import { planStateStream } from '../../events/plan-state.ts';
import { runStream } from '../../events/run.ts';
import { projectStream } from '../../events/project.ts';
import { signingKeyStream } from '../../events/signing-key.ts';
import { storyStream } from '../../events/story.ts';
import { tenantStream } from '../../events/tenant.ts';
import { webhookStream } from '../../events/webhook.ts';
import type { Actor, Role } from '../../kernel/actor.ts';
import { signCapability } from '../../kernel/capability.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import {
  type CommandDefinition,
  type LookupDefinition,
  type ReportedDecision,
  reportedOf,
  type World,
} from '../../kernel/command.ts';
import type { Fact, Loaded, NewEvent, StreamDefinition } from '../../kernel/event.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { seedOf } from '../../kernel/draw.ts';
import { openSigner } from '../../kernel/signing.ts';
import type { StreamKind } from '../../kernel/stream.ts';
import { authenticatorsOfTenant } from '../../policies/authenticator.ts';
import { benchmarkNameTaken, firstOfSample } from '../../policies/benchmark.ts';
import { evaluationNameTaken } from '../../policies/evaluation.ts';
import { evaluationSetNameTaken } from '../../policies/evaluation-set.ts';
import { dispatchesOfRoot } from '../../policies/dispatch.ts';
import { noNumbers, numbersOfProject } from '../../policies/plan.ts';
import { liveDispatches } from '../../policies/draw.ts';
import { epicStoryCount, epicVerifiedCount } from '../../policies/epic-progress.ts';
import { dispatchesOfTenant, storiesOfTenant } from '../../policies/quota.ts';
import { keysOfHolder, keysOfTenant } from '../../policies/key.ts';
import { alertsOfRun } from '../../policies/alert.ts';
import { openRuns } from '../../policies/run.ts';
import { endpointsOfTenant } from '../../policies/model-endpoint.ts';
import { liveSessions } from '../../policies/session.ts';
import { emptyBaseline, signalBaseline } from '../../policies/signal.ts';
import { webhookCount } from '../../policies/webhook.ts';
import { signingKeyInForce } from '../../policies/signing-key.ts';

/** Every stream of the domain: what a decider returns must fit one of its events. */
export const streams = [
  tenantStream,
  operatorStream,
  authenticatorStream,
  sessionStream,
  signingKeyStream,
  drawStream,
  agentStream,
  keyStream,
  dispatchStream,
  projectStream,
  epicStream,
  storyStream,
  dependencyStream,
  planStateStream,
  webhookStream,
  runStream,
  benchmarkStream,
  evaluationSetStream,
  evaluationStream,
  alertRulesStream,
  alertStream,
  modelEndpointStream,
  modelRoutingStream,
] as readonly StreamKind<unknown>[];

/** What each look-up holds before anything happened. */
export const emptyLookups: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [agentNameTaken.name, false],
  [keysOfHolder.name, []],
  [keysOfTenant.name, []],
  [authenticatorsOfTenant.name, []],
  [liveSessions.name, []],
  [signingKeyInForce.name, null],
  [dispatchesOfRoot.name, []],
  [liveDispatches.name, []],
  [projectSlugTaken.name, false],
  [projectEpicCount.name, 0],
  [epicNumbering.name, 0],
  [epicNumberTaken.name, false],
  [epicStoryCount.name, 0],
  [epicVerifiedCount.name, 0],
  [storyNumbering.name, 0],
  [storyNumberTaken.name, false],
  [numbersOfProject.name, noNumbers],
  [storiesOfTenant.name, 0],
  [dispatchesOfTenant.name, []],
  [webhookCount.name, 0],
  [openRuns.name, 0],
  [benchmarkNameTaken.name, false],
  [firstOfSample.name, null],
  [evaluationSetNameTaken.name, false],
  [evaluationNameTaken.name, false],
  [alertsOfRun.name, []],
  [endpointsOfTenant.name, {}],
  [signalBaseline.name, emptyBaseline],
]);

/** Ids of tests: readable, of the right form, the same in every run. */
export function idOf(number: number): string {
  return `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

export const tenantId = idOf(999_999);
/** What the tenant of every spec signs and draws with. */
export const testSigner = openSigner(idOf(999_997), Buffer.alloc(32, 's'));
export const testDrawSecret = Buffer.alloc(32, 'd');
export const startOfTime = '2026-01-01T00:00:00.000Z';

function actorOf(role: Role, agentId: string | null = null): Actor {
  return { kind: 'key', key_id: idOf(999_998), agent_id: agentId, role, lineage: [] };
}

/** A user whose authenticator has confirmed this act. */
export function personFor(act: string): Actor {
  const step_up = { authenticator_id: idOf(999_996), act };
  return { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], step_up };
}

/** `given(t, ...history).when(createStory, {...}).thenEvents(...)`; the actor is a user unless `by` says otherwise. */
export function given(t: Test, ...history: readonly NewEvent[]): Given {
  return new Given(t, history);
}

class Given {
  private readonly t: Test;
  private readonly facts: Fact[] = [];
  private readonly known = new Map<string, unknown>();
  private actor = actorOf('user');
  private now = startOfTime;

  constructor(t: Test, history: readonly NewEvent[]) {
    this.t = t;
    for (const event of history) this.facts.push(this.factOf(event));
  }

  by(actor: Actor | Role): this {
    this.actor = typeof actor === 'string' ? actorOf(actor) : actor;
    return this;
  }

  at(now: string): this {
    this.now = now;
    return this;
  }

  /** What a look-up answers for a key, instead of what the history says. */
  knowing<Held>(definition: LookupDefinition<Held>, key: string, value: Held): this {
    this.known.set(`${definition.name}?${key}`, value);
    return this;
  }

  when<Command>(definition: CommandDefinition<Command>, command: Command): Decision {
    const world = this.world();
    try {
      definition.subject(command);
      definition.authorize(command, world);
      const { events, report } = reportedOf(definition.decide(command, world));
      return new Decision(this.t, { events: events.map(plain), report }, null);
    } catch (error) {
      if (error instanceof Refusal) return new Decision(this.t, { events: [], report: null }, error);
      throw error;
    }
  }

  private world(): World {
    let ids = 0;
    return {
      actor: this.actor,
      now: this.now,
      tenantId,
      newId: () => idOf(900_000 + (ids += 1)),
      find: (definition, id) => this.find(definition, id),
      findAll: (definition, ids) => ids.map((id) => this.find(definition, id)),
      lookup: (definition, key) => this.lookup(definition, key),
      capability: (claims) => signCapability(claims, testSigner),
      drawSeed: (n) => seedOf(testDrawSecret, n),
    };
  }

  private factOf(event: NewEvent): Fact {
    const { stream, type, schema, data } = plain(event);
    const version = this.facts.filter(
      (fact) => fact.stream.type === stream.type && fact.stream.id === stream.id,
    ).length;
    return { stream, type, schema, data, version: version + 1, actor: {} };
  }

  private find<State>(definition: StreamDefinition<State>, id: string): Loaded<State> | undefined {
    const facts = this.facts.filter(({ stream }) => stream.type === definition.type && stream.id === id);
    let state: State | undefined;
    for (const fact of facts) state = definition.evolve(state, fact);
    if (state === undefined) return undefined;
    return { state, version: facts.length, created_at: startOfTime, updated_at: startOfTime };
  }

  private lookup<Held>(definition: LookupDefinition<Held>, key: string): Held {
    const { name } = definition;
    if (this.known.has(`${name}?${key}`)) return this.known.get(`${name}?${key}`) as Held;
    if (!emptyLookups.has(name)) throw new Error(`test/support/given.ts does not know how the look-up ${name} begins`);
    const facts = this.facts.filter((fact) => definition.keyOf(fact) === key);
    return facts.reduce((held, fact) => definition.fold(held, fact), emptyLookups.get(name) as Held);
  }
}

class Decision {
  readonly refusal: Refusal | null;
  readonly events: readonly NewEvent[];
  readonly report: unknown;
  private readonly t: Test;

  constructor(t: Test, { events, report }: ReportedDecision, refusal: Refusal | null) {
    this.t = t;
    this.events = events;
    this.report = report;
    this.refusal = refusal;
  }

  /** Exactly these events, in this order; none at all for a command that changes nothing. */
  thenEvents(...expected: readonly NewEvent[]): void {
    if (this.refusal !== null) throw new Error(`refused with ${this.refusal.code}: ${this.refusal.message}`);
    for (const event of this.events) requireShape(event);
    this.t.strictSame(this.events, expected.map(plain));
  }

  thenRefused(code: string): void {
    this.t.equal(this.refusal?.code ?? `no refusal but ${this.events.length} events`, code);
  }
}

/** As it comes back from the log: without members that are undefined. */
export function plain(event: NewEvent): NewEvent {
  return JSON.parse(canonicalJson({ ...event, stream: { ...event.stream } })) as NewEvent;
}

/** The type checker knows the shapes, but not their patterns and limits. */
function requireShape({ stream, type, data }: NewEvent): void {
  const kind = streams.find((known) => known.type === stream.type)?.events.find((event) => event.type === type);
  if (kind === undefined) throw new Error(`test/support/given.ts knows no stream ${stream.type} with ${type}`);
  const [fault] = Value.Errors(kind.shape, data);
  if (fault !== undefined) throw new Error(`${type}${fault.instancePath} ${fault.message}`);
}
