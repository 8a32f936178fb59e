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
  'a benchmark runs from the command line, goes on where it was left, and reports',
  { skip, timeout: 120_000 },
  async (t) => {
    const server = await startRunServer(t, { answers: tasks.flatMap(answersFor) });
    const begin = async (limit: number): Promise<BenchmarkReport> => {
      const words = [
        'custom',
        '--model',
        'script/demo',
        '--limit',
        String(limit),
        '--tiers',
        'bubblewrap',
        '--out',
        server.folder,
      ];
      const program = path.resolve(import.meta.dirname, '../../bench/benchmark.ts');
      const env = { ...process.env, LOOPLEDGER_URL: server.url, LOOPLEDGER_KEY: server.secret };
      const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], { env });
      const file = stdout.trim().split('\n').at(-1) ?? '';
      t.match(readFileSync(file, 'utf8'), /^# custom script\/demo repair/);
      return JSON.parse(readFileSync(file.replace(/md$/, 'json'), 'utf8')) as BenchmarkReport;
    };
    const half = await begin(4);
    t.match(half, { problems: 4, solved: 3 });
    const whole = await begin(9);
    t.match(whole, { problems: 9, runs: 9, solved: 6, reasons: { solved: 6 } });
    t.same([whole.pass['pass@1'], whole.pass_without_repair['pass@1']], [6 / 9, 3 / 9]);
    const runsOf = (report: BenchmarkReport): string[] => report.results.flatMap(({ runs }) => runs);
    t.same(runsOf(whole).slice(0, 4), runsOf(half));
    const { data } = await server.say<{ data: object[] }>('GET', '/runs?limit=100');
    t.equal(data.length, 9);
    t.equal(await server.stop(), 0, server.output());
  },
);
