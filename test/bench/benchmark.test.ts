import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { meanPassAt, passAt, quantile } from '../../kernel/estimate.ts';
import { type MeasuredServer, measure } from '../../bench/benchmark/measure.ts';
import { readBenchmarkOptions } from '../../bench/benchmark/options.ts';
import { readProblems } from '../../bench/benchmark/problem.ts';
import { markdownOf, reportOf } from '../../bench/benchmark/report.ts';
import type { SeenBenchmark, SeenResult, SeenRun } from '../../bench/benchmark/server.ts';
import { saveReport } from '../../bench/run/report.ts';
import { figuresOf } from '../../kernel/run-result.ts';
import { startOfTime } from '../support/given.ts';

const env = { LOOPLEDGER_KEY: 'key' };

/** All ways to draw k of n, of which the first c are right. */
function passByCounting(k: number, n: number, c: number): number {
  let [drawn, withRight] = [0, 0];
  for (let set = 0; set < 2 ** n; set += 1) {
    const chosen = Array.from({ length: n }, (_, index) => index).filter((index) => (set >> index) % 2 === 1);
    if (chosen.length !== k) continue;
    drawn += 1;
    if (chosen.some((index) => index < c)) withRight += 1;
  }
  return withRight / drawn;
}

test('pass@k is what counting all draws gives', (t) => {
  const sizes = [1, 2, 3, 4, 5, 6, 7];
  const cases = sizes.flatMap((n) =>
    sizes.filter((k) => k <= n).flatMap((k) => [0, ...sizes].map((c) => ({ n, k, c }))),
  );
  for (const { n, k, c } of cases.filter((one) => one.c <= one.n)) {
    const difference = Math.abs((passAt(k, n, c) ?? NaN) - passByCounting(k, n, c));
    if (!(difference < 1e-12)) t.fail(`k ${k}, n ${n}, c ${c}`);
  }
  t.equal(passAt(3, 2, 2), null);
  t.equal(
    meanPassAt(1, [
      { n: 1, c: 1 },
      { n: 2, c: 1 },
    ]),
    0.75,
  );
  t.equal(meanPassAt(3, [{ n: 1, c: 1 }]), null);
  t.equal(quantile([3, 1, 2], 0.5), 2);
  t.equal(quantile([], 0.5), null);
  t.end();
});

/** A server whose runs end when they are looked at, all well unless their problem is named. */
function pretendServer(failing: readonly string[]) {
  const runs = new Map<string, SeenRun>();
  const asked: object[] = [];
  const results: SeenResult[] = [];
  const benchmarks: SeenBenchmark[] = [];
  const change = (told: Partial<SeenBenchmark>): Promise<SeenBenchmark> => {
    const changed = { ...(benchmarks.pop() as SeenBenchmark), ...told };
    benchmarks.push(changed);
    return Promise.resolve(changed);
  };
  const server: MeasuredServer = {
    findOpen: (name) => Promise.resolve(benchmarks.find((one) => one.name === name && one.status === 'open') ?? null),
    start: (plan) => {
      const frame = { id: 'benchmark', version: 1, created_at: startOfTime, updated_at: startOfTime };
      const counts = { recorded: 0, solved: 0, cost_micros: 0, figures: null };
      benchmarks.push({ ...frame, ...plan, status: 'open', ...counts });
      return change({});
    },
    results: () => Promise.resolve(results.slice()),
    record: (_id, run_id) => {
      const { problem = '', sample, category = '' } = (runs.get(run_id) as SeenRun).labels;
      const is_solved = !failing.includes(problem);
      const told = { run_id, problem, category, sample: Number(sample), is_solved, is_solved_at_once: false };
      const rest = { candidates: 2, calls: 2, cost_micros: 3_000, took_ms: 2_000, tiers: ['bubblewrap'] };
      const reason = is_solved ? 'solved' : 'stuck';
      results.push({ ...told, ...rest, reason, tests_sha256: null, recorded_at: startOfTime });
      return change({ recorded: results.length, solved: results.filter((one) => one.is_solved).length });
    },
    finish: () => change({ status: 'finished', figures: figuresOf(results, benchmarks[0]?.samples ?? 0) }),
    request: (name, body) => {
      asked.push(body);
      const { labels } = body as { labels: Record<string, string> };
      runs.set(name, runs.get(name) ?? { id: name, labels, outcome: null });
      return Promise.resolve(runs.get(name) as SeenRun);
    },
    see: (id) => {
      const outcome = { reason: 'solved', best: 1, detail: '' } as const;
      runs.set(id, { ...(runs.get(id) as SeenRun), outcome });
      return Promise.resolve(runs.get(id) as SeenRun);
    },
    labelled: (label) =>
      Promise.resolve([...runs.values()].filter(({ labels }) => label === `benchmark:${labels['benchmark']}`)),
  };
  return { server, asked, results };
}

test('a benchmark asks for each sample once, whatever interrupts it, and reports what came of them', async (t) => {
  const options = readBenchmarkOptions(['custom', '--samples', '2', '--limit', '3', '--model', 'e/m'], env);
  const problems = readProblems('custom', null).slice(0, options.limit);
  const { server, asked, results } = pretendServer([problems[1]?.id ?? '']);
  let seen = 0;
  const interrupted = {
    ...server,
    see: (id: string) => (++seen > 2 ? Promise.reject(new Error('gone')) : server.see(id)),
  };
  await t.rejects(
    measure(interrupted, problems, { ...options, atOnce: 2 }, () => undefined),
    /gone/,
  );
  t.ok(asked.length > 0 && asked.length < 6);
  t.ok(results.length < 3);
  await t.rejects(
    measure(server, problems.slice(1), options, () => undefined),
    /open with another problems_sha256/,
  );
  await t.rejects(
    measure(server, problems, { ...options, repairs: 0 }, () => undefined),
    /open with another max_repairs/,
  );
  const progress: string[] = [];
  const measured = await measure(server, problems, options, (...told) => progress.push(told.join(' ')));
  t.equal(asked.length, 6);
  t.equal(results.length, 6);
  t.equal(progress.at(-1), '6 6 4 solved');
  t.same(
    measured.results.map(({ problem, sample }) => `${problem} ${sample}`),
    problems.flatMap(({ id }) => [`${id} 1`, `${id} 2`]),
  );
  t.match(asked[0], { model: 'e/m', limits: { max_repairs: 3 }, labels: { benchmark: 'benchmark', sample: '1' } });

  const report = reportOf(measured);
  t.match(report.figures, { problems: 3, runs: 6, solved: 4, cost_micros: 18_000, cost_micros_per_solved: 4_500 });
  t.match(markdownOf(report), /\| pass@1 \| 66\.7 % \| 0\.0 % \|\n\| pass@2 \| 66\.7 % \| 0\.0 % \|/);

  const folder = mkdtempSync(path.join(tmpdir(), 'benchmark-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = saveReport(report, markdownOf(report), folder);
  t.equal(path.basename(file), 'custom-e-m-repair.md');
  t.same(JSON.parse(readFileSync(file.replace(/md$/, 'json'), 'utf8')), JSON.parse(JSON.stringify(report)));
});

test('figures of no results are no figures', (t) => {
  t.match(figuresOf([], 1), { runs: 0, pass: [{ k: 1, with_repair: null }], cost_micros_per_solved: null });
  t.end();
});

test('the tests of a problem are in no prompt', (t) => {
  for (const set of ['humaneval', 'mbpp', 'custom'] as const) {
    const problems = readProblems(set, null);
    t.equal(problems.length, { humaneval: 164, mbpp: 427, custom: 25 }[set]);
    for (const { id, prompt, tests } of problems) {
      const shown = tests.split('\n').filter((line) => line.includes('assert') && prompt.includes(line.trim()));
      if (shown.length > 0) t.fail(`${id}: ${shown[0]}`);
    }
  }
  t.end();
});

test('a command line that makes no sense is refused', (t) => {
  t.throws(() => readBenchmarkOptions(['nothing'], env));
  t.throws(() => readBenchmarkOptions(['custom'], {}), /no key/);
  t.throws(() => readBenchmarkOptions(['custom', '--limit', '0'], env), /--limit/);
  t.throws(() => readBenchmarkOptions(['custom', '--cap', 'x'], env), /--cap/);
  t.throws(() => readBenchmarkOptions(['custom', '--tiers', 'host'], env), /--tiers/);
  t.match(readBenchmarkOptions(['mbpp', '--no-repair', '--cap', '0.5', '--server', 'http://a/'], env), {
    repairs: 0,
    capMicros: 500_000,
    server: 'http://a',
    name: 'mbpp routed no-repair',
  });
  t.end();
});
