// The benchmark as it is started, at a server as it is started: only the model is a list of answers.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import type { BenchmarkReport } from '../../bench/benchmark/report.ts';
import { readTasks, type Task } from '../../runs/corpus.ts';
import { fenced, reviewOf } from '../support/run-story.ts';
import { startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';
import { waitFor } from '../support/server-process.ts';

const skip = await skipReason('bubblewrap', 'python');
const tasks = readTasks().slice(0, 9);
const nothing = { python: 'nothing = None\n', javascript: 'const nothing = null;\n' };
const other = { python: 'other = 1\n', javascript: 'const other = 1;\n' };
const plan = [
  { id: 'nothing', title: 'nothing', depends_on: [], complexity: 'simple' },
  { id: 'all', title: 'all of it', depends_on: ['nothing'], complexity: 'simple' },
];

/** One of three is right at once, one is mended, and one never is. */
function answersFor({ prompt, language, solution }: Task, index: number): object[] {
  const contains = [prompt.slice(0, 60)];
  const first = index % 3 === 0 ? solution : nothing[language];
  const mended = index % 3 === 1 ? solution : other[language];
  return [
    { purpose: 'plan', contains, json: { subtasks: plan } },
    { purpose: 'code', contains: [...contains, 'Only the part `nothing`'], text: fenced(nothing[language], language) },
    { purpose: 'code', contains, text: fenced(first, language) },
    { purpose: 'review', contains, text: reviewOf(mended) },
  ];
}

test(
  'a benchmark runs from the command line, goes on where it was killed, and its results are events',
  { skip, timeout: 580_000 },
  async (t) => {
    const server = await startRunServer(t, { answers: tasks.flatMap(answersFor) });
    const program = path.resolve(import.meta.dirname, '../../bench/benchmark.ts');
    const limit = String(tasks.length);
    const words = [
      'custom',
      '--model',
      'script/demo',
      '--limit',
      limit,
      '--tiers',
      'bubblewrap',
      '--out',
      server.folder,
    ];
    const env = { ...process.env, LOOPLEDGER_URL: server.url, LOOPLEDGER_KEY: server.secret };
    const list = async <Item>(place: string): Promise<Item[]> =>
      (await server.say<{ data: Item[] }>('GET', `${place}limit=100`)).data;

    const killed = execFile(process.execPath, [program, ...words, '--at-once', '2'], { env });
    let id = '';
    await waitFor('results of it', async () => {
      const [open] = await list<{ id: string; recorded: number }>('/benchmarks?status=open&');
      id = open?.id ?? '';
      return open !== undefined && open.recorded >= 2;
    });
    killed.kill('SIGKILL');

    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { env });
    const file = stdout.trim().split('\n').at(-1) ?? '';
    t.match(readFileSync(file, 'utf8'), /^# custom script\/demo repair/);
    const report = JSON.parse(readFileSync(file.replace(/md$/, 'json'), 'utf8')) as BenchmarkReport;
    t.match(report, { id, status: 'finished', recorded: 9, solved: 6 });
    t.match(report.figures, { problems: 9, runs: 9, solved: 6, solved_at_once: 3, tiers: { bubblewrap: 9 } });
    t.same(report.figures.pass, [{ k: 1, with_repair: 6 / 9, without_repair: 3 / 9 }]);
    t.same(
      report.results.map(({ problem }) => problem),
      tasks.map((task) => task.id),
    );

    const runs = await list<{ id: string }>('/runs?');
    t.same(runs.map((run) => run.id).toSorted(), report.results.map(({ run_id }) => run_id).toSorted());
    const told = await list<{ type: string }>('/changes?types=benchmark.*&');
    const events = told.map(({ type }) => type);
    t.same(events, ['benchmark.started', ...tasks.map(() => 'benchmark.result_recorded'), 'benchmark.finished']);
    t.equal(await server.stop(), 0, server.output());
  },
);
