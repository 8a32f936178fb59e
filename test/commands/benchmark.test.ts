import { test } from 'tap';
import { abandonBenchmark, finishBenchmark, recordResult, startBenchmark } from '../../commands/benchmark.ts';
import { requestRun } from '../../commands/run.ts';
import {
  BenchmarkAbandoned,
  BenchmarkFinished,
  BenchmarkResultRecorded,
  BenchmarkStarted,
} from '../../events/benchmark.ts';
import { RunFailed, RunRequested, RunSucceeded, RunTaken } from '../../events/run-fact.ts';
import { TenantFounded } from '../../events/tenant.ts';
import type { JsonObject, NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { contentOf, executed, mendingFacts, runRequest } from '../support/run.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'Orbit', slug: 'orbit' }, null);
const benchmark_id = idOf(1);
const ref = { type: 'benchmark', id: benchmark_id };
const told = { name: 'nightly', problem_set: 'custom', problems_sha256: contentOf('all').sha256, problems: 1 };
const settings = {
  samples: 1,
  model: null,
  max_repairs: 3,
  cap_micros: null,
  tiers: ['docker' as const, 'bubblewrap' as const, 'wasm' as const],
};
const started = record(BenchmarkStarted, ref, { ...told, ...settings }, null);
const labels = { benchmark: benchmark_id, problem: 'data/sum', sample: '1', category: 'data' };

/** A run as it was asked for, and its end. */
function run(number: number, asked: Parameters<typeof runRequest>[1] = {}, ...facts: readonly NewEvent[]): NewEvent[] {
  const [requested] = given(null as never, founded).when(
    requestRun,
    runRequest(idOf(number), { labels, ...asked }),
  ).events;
  return [requested as NewEvent, ...facts];
}

function ended(number: number, end: NewEvent['data'] | null = null): NewEvent[] {
  const runRef = { type: 'run', id: idOf(number) };
  const taken = { worker: 'w', fence: 1, deadline_at: '2026-01-01T00:10:00.000Z' };
  const facts = [...mendingFacts, executed(2)].map(({ kind, data }) =>
    record(kind, runRef, { ...data, fence: 1 }, null),
  );
  const last =
    end === null
      ? record(RunSucceeded, runRef, { fence: 1, candidate: 2 }, null)
      : record(RunFailed, runRef, { fence: 1, reason: 'stuck', detail: 'Twice.', best: 1, ...end }, null);
  return [record(RunTaken, runRef, taken, null), ...facts, last];
}

const result = (number: number, changes: JsonObject = {}) => ({
  run_id: idOf(number),
  problem: 'data/sum',
  category: 'data',
  sample: 1,
  is_solved: true,
  is_solved_at_once: false,
  reason: 'solved',
  candidates: 2,
  calls: 1,
  cost_micros: 7,
  took_ms: 0,
  tiers: ['bubblewrap'],
  tests_sha256: contentOf('assert add(1, 2) == 3').sha256,
  ...changes,
});
const recorded = (number: number, changes: JsonObject = {}): NewEvent =>
  record(BenchmarkResultRecorded, ref, result(number, changes), null);

test('a benchmark starts with what was not said', (t) => {
  given(t, founded)
    .by('orchestrator')
    .when(startBenchmark, { ...told, benchmark_id })
    .thenEvents(started);
  given(t, founded)
    .by('agent')
    .when(startBenchmark, { ...told, benchmark_id })
    .thenRefused('role_forbidden');
  given(t, founded)
    .when(startBenchmark, { ...told, benchmark_id, problems: 101, samples: 100 })
    .thenRefused('benchmark_too_large');
  t.end();
});

test('of one name one benchmark is open', (t) => {
  const again = { ...told, benchmark_id: idOf(2) };
  given(t, founded, started).when(startBenchmark, again).thenRefused('benchmark_name_taken');
  const abandoned = record(BenchmarkAbandoned, ref, { name: told.name }, null);
  const next = record(BenchmarkStarted, { ...ref, id: idOf(2) }, { ...told, ...settings }, null);
  given(t, founded, started, abandoned).when(startBenchmark, again).thenEvents(next);
  t.end();
});

test('what came of a run is read from the run, once', (t) => {
  const history = [founded, started, ...run(5), ...ended(5)];
  given(t, ...history)
    .by('orchestrator')
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents(recorded(5));
  given(t, ...history, recorded(5))
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents();
  given(t, ...history)
    .by('agent')
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenRefused('role_forbidden');
  given(t, founded, started, ...run(5), ...ended(5, {}))
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents(recorded(5, { is_solved: false, reason: 'stuck' }));
  t.end();
});

test('a run that was right at once was solved without a repair', (t) => {
  const runRef = { type: 'run', id: idOf(5) };
  const taken = { worker: 'w', fence: 1, deadline_at: '2026-01-01T00:10:00.000Z' };
  const facts = [...mendingFacts.slice(0, 6), executed(1)].map(({ kind, data }) =>
    record(kind, runRef, { ...data, fence: 1 }, null),
  );
  const end = record(RunSucceeded, runRef, { fence: 1, candidate: 1 }, null);
  given(t, founded, started, ...run(5), record(RunTaken, runRef, taken, null), ...facts, end)
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents(recorded(5, { is_solved_at_once: true, candidates: 1 }));
  t.end();
});

test('a run that has not ended, or is of something else, is not recorded', (t) => {
  const attempt = (...history: readonly NewEvent[]) =>
    given(t, founded, started, ...history).when(recordResult, { benchmark_id, run_id: idOf(5) });
  attempt().thenRefused('run_not_found');
  attempt(...run(5)).thenRefused('run_not_ended');
  const limits = { max_repairs: 3, max_calls: 40, cap_micros: null };
  const foreign: readonly Parameters<typeof runRequest>[1][] = [
    { labels: {} },
    { labels: { ...labels, benchmark: idOf(2) } },
    { labels: { benchmark: benchmark_id, sample: '1' } },
    { labels: { ...labels, sample: '2' } },
    { labels: { ...labels, sample: '0' } },
    { labels: { ...labels, sample: '1.0' } },
    { model: 'script/demo' },
    { tiers: ['wasm'] },
    { limits: { ...limits, max_repairs: 4 } },
    { limits: { ...limits, cap_micros: 9 } },
  ];
  for (const asked of foreign) attempt(...run(5, asked), ...ended(5)).thenRefused('benchmark_run_foreign');
  const [asked] = run(5);
  const again = { ...(asked as NewEvent), data: { ...(asked as NewEvent).data, retry_of: idOf(4) } };
  t.equal(again.type, RunRequested.type);
  attempt(again, ...ended(5)).thenRefused('benchmark_run_foreign');
  t.end();
});

test('a sample is recorded once, and no more problems than there are', (t) => {
  const attempt = (asked: typeof labels) =>
    given(t, founded, started, recorded(4), ...run(5, { labels: asked }), ...ended(5)).when(recordResult, {
      benchmark_id,
      run_id: idOf(5),
    });
  attempt(labels).thenRefused('benchmark_sample_taken');
  attempt({ ...labels, problem: 'data/other' }).thenRefused('benchmark_run_foreign');
  t.end();
});

test('of several runs of one sample the first that was asked for is recorded, however it ends', (t) => {
  const failed = ended(5, {});
  const both = [founded, started, ...run(5), ...run(6), ...ended(6), ...failed];
  given(t, ...both)
    .when(recordResult, { benchmark_id, run_id: idOf(6) })
    .thenRefused('benchmark_run_later');
  given(t, ...both)
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents(recorded(5, { is_solved: false, reason: 'stuck' }));
  // Those that could never be recorded, and those of another sample or benchmark, come before nobody.
  const others: readonly Parameters<typeof runRequest>[1][] = [
    { labels: { ...labels, sample: '2' } },
    { labels: { ...labels, problem: 'data/other' } },
    { labels: { ...labels, benchmark: idOf(2) } },
    { model: 'script/demo' },
    { tiers: ['wasm'] },
    { limits: { max_repairs: 3, max_calls: 40, cap_micros: 9 } },
    { limits: { max_repairs: 2, max_calls: 40, cap_micros: null } },
  ];
  for (const other of others) {
    given(t, founded, started, ...run(4, other), ...run(5), ...ended(5))
      .when(recordResult, { benchmark_id, run_id: idOf(5) })
      .thenEvents(recorded(5));
  }
  const [first] = run(4);
  const retry = { ...(first as NewEvent), data: { ...(first as NewEvent).data, retry_of: idOf(3) } };
  given(t, founded, started, retry, ...run(5), ...ended(5))
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenEvents(recorded(5));
  t.end();
});

test('figures are made once every run is recorded, and then nothing changes', (t) => {
  const figures = {
    problems: 1,
    runs: 1,
    solved: 1,
    solved_at_once: 0,
    pass: [{ k: 1, with_repair: 1, without_repair: 0 }],
    candidates: 2,
    calls: 1,
    cost_micros: 7,
    cost_micros_per_solved: 7,
    took_p50_ms: 0,
    took_p95_ms: 0,
    tiers: { bubblewrap: 1 },
    reasons: { solved: 1 },
  };
  const finished = record(BenchmarkFinished, ref, { name: told.name, figures }, null);
  given(t, founded, started).when(finishBenchmark, { benchmark_id }).thenRefused('benchmark_incomplete');
  given(t, founded, started, recorded(5)).when(finishBenchmark, { benchmark_id }).thenEvents(finished);
  const over = [founded, started, recorded(5), finished];
  given(t, ...over)
    .when(finishBenchmark, { benchmark_id })
    .thenEvents();
  given(t, ...over)
    .when(abandonBenchmark, { benchmark_id })
    .thenRefused('benchmark_ended');
  given(t, ...over, ...run(6), ...ended(6))
    .when(recordResult, { benchmark_id, run_id: idOf(6) })
    .thenRefused('benchmark_ended');
  for (const command of [finishBenchmark, abandonBenchmark]) {
    given(t, founded).when(command, { benchmark_id }).thenRefused('benchmark_not_found');
    given(t, founded, started).by('agent').when(command, { benchmark_id }).thenRefused('role_forbidden');
  }
  t.end();
});

test('a benchmark that is abandoned keeps its results and takes no more', (t) => {
  const abandoned = record(BenchmarkAbandoned, ref, { name: told.name }, null);
  given(t, founded, started).when(abandonBenchmark, { benchmark_id }).thenEvents(abandoned);
  const over = [founded, started, abandoned];
  given(t, ...over)
    .when(abandonBenchmark, { benchmark_id })
    .thenEvents();
  given(t, ...over)
    .when(finishBenchmark, { benchmark_id })
    .thenRefused('benchmark_ended');
  given(t, ...over, ...run(5), ...ended(5))
    .when(recordResult, { benchmark_id, run_id: idOf(5) })
    .thenRefused('benchmark_ended');
  t.end();
});
