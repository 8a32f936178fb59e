import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { meanPassAt, passAt, quantile } from '../../bench/benchmark/estimate.ts';
import { measure } from '../../bench/benchmark/measure.ts';
import { readBenchmarkOptions } from '../../bench/benchmark/options.ts';
import { readProblems } from '../../bench/benchmark/problem.ts';
import { markdownOf, reportOf, saveReport } from '../../bench/benchmark/report.ts';
import type { SeenRun } from '../../bench/benchmark/server.ts';

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

/** A server whose runs end when they are looked at, the second candidate of each well unless its problem is named. */
function pretendServer(failing: readonly string[]) {
  const runs = new Map<string, SeenRun>();
  const asked: object[] = [];
  const begin = (name: string, body: object): SeenRun => {
    const { labels } = body as { labels: Record<string, string> };
    const times = { created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' };
    return { id: name, status: 'queued', labels, candidates: [], calls: 0, cost_micros: 0, outcome: null, ...times };
  };
  const end = (run: SeenRun): SeenRun => {
    const isSolved = !failing.includes(run.labels['problem'] ?? '');
    const shown = { of: null, tries: 1, tier: 'bubblewrap', verdict: 'ok', tests: null, error_class: null } as const;
    const candidates = [1, 2].map((number) => ({
      ...shown,
      number,
      is_solved: isSolved && number === 2,
      confidence: null,
    }));
    const outcome = { reason: isSolved ? 'solved' : 'stuck', best: 1, detail: '' } as const;
    return { ...run, candidates, calls: 2, cost_micros: 3_000, outcome, updated_at: '2026-01-01T00:00:02.000Z' };
  };
  return {
    asked,
    runs,
    request: (name: string, body: object) => {
      asked.push(body);
      const run = runs.get(name) ?? begin(name, body);
      runs.set(name, run);
      return Promise.resolve(run);
    },
    see: (id: string) => {
      const run = end(runs.get(id) as SeenRun);
      runs.set(id, run);
      return Promise.resolve(run);
    },
    labelled: (label: string) =>
      Promise.resolve([...runs.values()].filter(({ labels }) => label === `benchmark:${labels['benchmark']}`)),
  };
}

test('a benchmark asks for each sample once, whatever interrupts it, and reports what came of them', async (t) => {
  const options = readBenchmarkOptions(['custom', '--samples', '2', '--limit', '3', '--model', 'e/m'], env);
  const problems = readProblems('custom', null).slice(0, options.limit);
  const server = pretendServer([problems[1]?.id ?? '']);
  let seen = 0;
  const interrupted = {
    ...server,
    see: (id: string) => (++seen > 2 ? Promise.reject(new Error('gone')) : server.see(id)),
  };
  await t.rejects(
    measure(interrupted, problems, { ...options, atOnce: 2 }, () => undefined),
    /gone/,
  );
  const before = server.asked.length;
  const progress: string[] = [];
  const samples = await measure(server, problems, options, (...told) => progress.push(told.join(' ')));
  t.ok(before > 0 && before < 6);
  t.equal(server.asked.length, 6);
  t.equal(progress.at(-1), '6 6 4');
  t.same(
    samples.map(({ problem, number }) => `${problem.id} ${number}`),
    problems.flatMap(({ id }) => [`${id} 1`, `${id} 2`]),
  );
  t.match(server.asked[0], { model: 'e/m', limits: { max_repairs: 3 }, labels: { benchmark: 'custom e/m repair' } });

  const report = reportOf(options, samples, '2026-01-01T00:00:00.000Z');
  t.match(report, { problems: 3, runs: 6, solved: 4, cost_micros: 18_000, cost_micros_per_solved: 4_500 });
  t.same(report.pass, { 'pass@1': 2 / 3, 'pass@2': 2 / 3 });
  t.same(report.pass_without_repair, { 'pass@1': 0, 'pass@2': 0 });
  t.same(report.reasons, { solved: 4, stuck: 2 });
  t.equal(report.candidates_per_run, 2);
  t.same(report.seconds, { p50: 2, p95: 2 });
  t.match(markdownOf(report), /\| pass@1 \| 66\.7 % \| 0\.0 % \|/);

  const folder = mkdtempSync(path.join(tmpdir(), 'benchmark-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = saveReport(report, folder);
  t.equal(path.basename(file), 'custom-e-m-repair.md');
  t.same(JSON.parse(readFileSync(file.replace(/md$/, 'json'), 'utf8')), JSON.parse(JSON.stringify(report)));
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
  t.match(readBenchmarkOptions(['mbpp', '--no-repair', '--cap', '0.5', '--server', 'http://a/'], env), {
    repairs: 0,
    capMicros: 500_000,
    server: 'http://a',
    name: 'mbpp routed no-repair',
  });
  t.end();
});
