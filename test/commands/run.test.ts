import { test } from 'tap';
import {
  advanceRun,
  approveRun,
  cancelRun,
  type RequestRun,
  requestRun,
  retryRun,
  takeRun,
} from '../../commands/run.ts';
import {
  RunApproved,
  RunCancelled,
  RunCancelRequested,
  RunFailed,
  RunRequested,
  RunRested,
  RunSucceeded,
  RunTaken,
} from '../../events/run-fact.ts';
import { answerKey, type Run, runStream } from '../../events/run.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { record } from '../../kernel/stream.ts';
import type { NewEvent } from '../../kernel/event.ts';
import type { StepFact } from '../../runs/step.ts';
import { openRuns } from '../../policies/run.ts';
import { given, idOf, plain, startOfTime, tenantId } from '../support/given.ts';
import { contentOf, executed, failure, mendingFacts, modelCalled, runRequest } from '../support/run.ts';
import { epicCreated, projectCreated, projectId, storyCreated, storyId } from '../support/work.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'Orbit', slug: 'orbit' }, null);
const run_id = idOf(1);
const ref = { type: 'run', id: run_id };
const deadline_at = '2026-01-01T00:10:00.000Z';

function requested(told: Partial<RequestRun> = {}): NewEvent {
  const [event] = given(testless, founded).when(requestRun, runRequest(run_id, told)).events;
  return event as NewEvent;
}
/** Only `when` is used of it, which asserts nothing. */
const testless = null as never;

const taken = (fence: number): NewEvent => record(RunTaken, ref, { worker: 'w', fence, deadline_at }, null);
const noted = (fence: number, { kind, data }: StepFact): NewEvent => record(kind, ref, { ...data, fence }, null);
const running = [founded, requested(), taken(1)];
const ended = [...running, noted(1, { kind: RunSucceeded, data: { candidate: null } })];

function stateAfter(...history: readonly NewEvent[]): Run {
  let state: Run | undefined;
  for (const [index, event] of history.filter(({ stream }) => stream.type === 'run').entries()) {
    state = runStream.evolve(state, { ...plain(event), version: index + 1, actor: {} });
  }
  return state as Run;
}

test('a run is asked for with limits that were not said', (t) => {
  const limits = { max_repairs: 3, max_calls: 40, cap_micros: null, deadline_s: 600, wall_ms: 10_000 };
  given(t, founded)
    .by('orchestrator')
    .when(requestRun, runRequest(run_id, { limits: { max_repairs: 1 } }))
    .thenEvents(
      record(
        RunRequested,
        ref,
        {
          kind: 'solve',
          project_id: null,
          story_id: null,
          language: 'python',
          prompt: 'Write add(a, b).',
          tests: contentOf('assert add(1, 2) == 3'),
          model: null,
          tiers: ['docker', 'bubblewrap', 'wasm'],
          limits: { ...limits, memory_bytes: 268_435_456, max_repairs: 1 },
          classify: 'heuristic',
          needs_approval: false,
          retry_of: null,
          labels: {},
          tools: [],
        },
        null,
      ),
    );
  given(t, founded).by('agent').when(requestRun, runRequest(run_id)).thenRefused('role_forbidden');
  given(t).when(requestRun, runRequest(run_id)).thenRefused('tenant_not_found');
  given(t, founded).knowing(openRuns, 'tenant', 10_000).when(requestRun, runRequest(run_id)).thenRefused('run_limit');
  t.end();
});

test('a run for a story is in the project of the story', (t) => {
  const plan = [founded, projectCreated(), epicCreated(1), storyCreated('1.1')];
  const ask = (told: Partial<RequestRun>) => given(t, ...plan).when(requestRun, runRequest(run_id, told));
  t.match(ask({ story_id: storyId('1.1') }).events, [{ project_id: projectId(), data: { project_id: projectId() } }]);
  t.equal(ask({ story_id: storyId('1.1'), project_id: projectId() }).refusal, null);
  ask({ story_id: storyId('1.1'), project_id: idOf(77) }).thenRefused('run_story_elsewhere');
  ask({ story_id: idOf(78) }).thenRefused('story_not_found');
  ask({ project_id: idOf(77) }).thenRefused('project_not_found');
  t.end();
});

test('a run that waits for a person is begun by a user alone', (t) => {
  const waiting = [founded, requested({ needs_approval: true })];
  given(t, ...waiting)
    .when(approveRun, { run_id })
    .thenEvents(record(RunApproved, ref, {}, null));
  given(t, ...waiting)
    .by('orchestrator')
    .when(approveRun, { run_id })
    .thenRefused('role_forbidden');
  given(t, ...waiting)
    .by(systemActor)
    .when(takeRun, { run_id, worker: 'w', fence: 1 })
    .thenRefused('run_fence_lost');
  given(t, founded, requested()).when(approveRun, { run_id }).thenRefused('run_not_waiting');
  given(t, ...ended)
    .when(approveRun, { run_id })
    .thenRefused('run_ended');
  given(t, founded).when(approveRun, { run_id }).thenRefused('run_not_found');
  t.end();
});

test('a run that nobody works on is cancelled at once, another one by its worker', (t) => {
  given(t, founded, requested())
    .by('orchestrator')
    .when(cancelRun, { run_id })
    .thenEvents(record(RunCancelled, ref, { fence: null, best: null }, null));
  given(t, ...running)
    .when(cancelRun, { run_id })
    .thenEvents(record(RunCancelRequested, ref, {}, null));
  const cancelling = [...running, record(RunCancelRequested, ref, {}, null)];
  given(t, ...cancelling)
    .when(cancelRun, { run_id })
    .thenEvents();
  const end = { kind: RunCancelled, data: { best: null } };
  given(t, ...cancelling)
    .by(systemActor)
    .when(advanceRun, { run_id, fence: 1, facts: [end] })
    .thenEvents(noted(1, end));
  t.throws(() =>
    given(t, ...running)
      .by(systemActor)
      .when(advanceRun, { run_id, fence: 1, facts: [end] }),
  );
  given(t, ...running)
    .by('agent')
    .when(cancelRun, { run_id })
    .thenRefused('role_forbidden');
  given(t, ...ended)
    .when(cancelRun, { run_id })
    .thenRefused('run_ended');
  t.end();
});

test('a run is taken under a fence that grows, and keeps its first deadline', (t) => {
  const take = (fence: number, at: string, ...history: NewEvent[]) =>
    given(t, founded, requested(), ...history)
      .by(systemActor)
      .at(at)
      .when(takeRun, { run_id, worker: 'w', fence });
  take(1, startOfTime).thenEvents(taken(1));
  take(1, startOfTime, taken(1)).thenRefused('run_fence_lost');
  take(3, '2026-01-01T00:02:00.000Z', taken(2)).thenEvents(taken(3));
  for (const role of ['agent', 'orchestrator', 'user'] as const) {
    given(t, founded, requested())
      .by(role)
      .when(takeRun, { run_id, worker: 'w', fence: 1 })
      .thenRefused('role_forbidden');
  }
  t.end();
});

test('what a former worker writes is refused', (t) => {
  const facts = [executed(1)];
  const advance = (fence: number, ...history: NewEvent[]) =>
    given(t, ...running, ...history)
      .by(systemActor)
      .when(advanceRun, { run_id, fence, facts });
  advance(1).thenEvents(noted(1, executed(1)));
  advance(1, taken(2)).thenRefused('run_fence_lost');
  advance(2).thenRefused('run_fence_lost');
  const until = '2026-01-01T00:01:00.000Z';
  advance(1, noted(1, { kind: RunRested, data: { until, reason: 'sandbox_error' } })).thenRefused('run_fence_lost');
  advance(1, ...ended.slice(-1)).thenRefused('run_ended');
  given(t, ...running)
    .by('user')
    .when(advanceRun, { run_id, fence: 1, facts })
    .thenRefused('role_forbidden');
  t.end();
});

test('only facts of steps are written down, and only whole ones', (t) => {
  const advance = (fact: StepFact) =>
    given(t, ...running)
      .by(systemActor)
      .when(advanceRun, { run_id, fence: 1, facts: [fact] });
  t.throws(() => advance({ kind: RunApproved, data: {} }), /no fact of a step/);
  t.throws(() => advance({ kind: RunSucceeded, data: {} }));
  t.end();
});

test('a run is asked for again when it has ended', (t) => {
  const again = { run_id: idOf(2), of: run_id };
  const first = requested();
  given(t, ...ended)
    .by('orchestrator')
    .when(retryRun, again)
    .thenEvents({ ...first, stream: { type: 'run', id: idOf(2) }, data: { ...first.data, retry_of: run_id } });
  given(t, ...running)
    .when(retryRun, again)
    .thenRefused('run_not_ended');
  given(t, founded).when(retryRun, again).thenRefused('run_not_found');
  const verification: NewEvent = { ...first, data: { ...first.data, kind: 'verify' } };
  given(t, founded, verification).when(retryRun, again).thenRefused('run_not_repeatable');
  t.end();
});

test('answers are known until what was made of them is written down', (t) => {
  const key = answerKey('code', contentOf('the prompt'));
  const asked = [...running, noted(1, modelCalled(1))];
  t.same(stateAfter(...asked).answers, { [key]: { text: contentOf('the output'), calls: [] } });
  t.same(stateAfter(...running, noted(1, modelCalled(1, { output: null }))).answers, {});
  t.same(
    stateAfter(...asked, taken(2)).answers,
    { [key]: { text: contentOf('the output'), calls: [] } },
    'the next worker knows them',
  );
  const state = stateAfter(...running, ...mendingFacts.map((fact) => noted(1, fact)));
  t.same(state.answers, {});
  t.match(state, { calls: 1, cost_micros: 7, candidates: [{ number: 1, review: { confidence: 0.9 } }, { of: 1 }] });
  t.end();
});

test('the best candidate is the one that passed most, and has fewest errors', (t) => {
  const rested = { kind: RunRested, data: { until: deadline_at, reason: 'sandbox_error' } };
  const best = (...facts: StepFact[]): unknown => {
    const history = [...mendingFacts, ...facts, rested].map((fact) => noted(1, fact));
    const [event] = given(t, ...running, ...history).when(cancelRun, { run_id }).events;
    return event?.data['best'];
  };
  t.equal(best(), 1, 'what was never executed is not better');
  t.equal(best(executed(2, { ...failure, tests: { passed: 0, failed: 1, errors: 0 } })), 1, 'the earliest of equals');
  t.equal(best(executed(2, { ...failure, tests: { passed: 2, failed: 1, errors: 0 } })), 2);
  t.equal(best(executed(2, { ...failure, tests: null })), 1, 'an end that nobody saw is no better');
  t.equal(best(executed(2)), 2);
  const failed = noted(1, { kind: RunFailed, data: { reason: 'stuck', detail: '', best: 1 } });
  t.match(stateAfter(...running, failed), { status: 'failed', outcome: { reason: 'stuck', best: 1 } });
  t.end();
});
