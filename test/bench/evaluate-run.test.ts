// The program as it is started, at a server as it is started: only the model is a list of answers.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import type { EvaluationReport } from '../../bench/evaluation/report.ts';
import { fenced, reviewOf } from '../support/run-story.ts';
import { startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';
import { waitFor } from '../support/server-process.ts';

const skip = await skipReason('bubblewrap', 'python');
const right = (name: string): string => `def ${name}(a, b):\n    return a + b\n`;
const wrong = (name: string): string => `def ${name}(a, b):\n    return a - b\n`;

interface Kind {
  readonly name: string;
  readonly first: string;
  readonly mended: string;
  readonly expected?: object;
}

/** One that is right at once, one that is mended, one that goes round in circles, and one that costs too much. */
const kinds: readonly Kind[] = [
  {
    name: 'fine',
    first: right('fine'),
    mended: '',
    expected: { steps: { expected: ['code', 'execute'], never: ['review'] } },
  },
  { name: 'mended', first: wrong('mended'), mended: right('mended') },
  { name: 'circling', first: wrong('circling'), mended: wrong('circling') },
  { name: 'dear', first: right('dear'), mended: '', expected: { budget_micros: 0 } },
];
const promptOf = (name: string): string => `Write ${name}(a, b), which adds two numbers.`;
const cases = kinds.map(({ name, expected }) => ({
  name,
  prompt: promptOf(name),
  language: 'python',
  tests: `def test_some():\n    assert ${name}(1, 2) == 3\n\ndef test_none():\n    assert ${name}(0, 0) == 0`,
  ...expected,
}));
const answers = kinds.flatMap(({ name, first, mended }) => {
  const contains = [promptOf(name)];
  return [
    { purpose: 'code', contains, text: fenced(first) },
    { purpose: 'review', contains, text: reviewOf(mended) },
  ];
});

test(
  'an evaluation runs from the command line, goes on where it was killed, and is a gate',
  { skip, timeout: 580_000 },
  async (t) => {
    const server = await startRunServer(t, { answers });
    const price = { input: 1_000_000, cached: 1_000_000, output: 1_000_000 };
    await server.say('POST', '/model-endpoints', { name: 'paid', kind: 'scripted', models: [{ name: 'demo', price }] });
    const program = path.resolve(import.meta.dirname, '../../bench/evaluate.ts');
    const file = path.join(server.folder, 'cases.json');
    writeFileSync(file, JSON.stringify(cases));
    const env = { ...process.env, LOOPLEDGER_URL: server.url, LOOPLEDGER_KEY: server.secret };
    const usual = ['--set', 'sums', '--model', 'paid/demo', '--tiers', 'bubblewrap', '--out', server.folder];
    const evaluate = async (...words: readonly string[]) => {
      const run = promisify(execFile)(process.execPath, [program, ...usual, ...words], { env });
      const { code, stdout, stderr } = await run.then(
        (told) => ({ ...told, code: 0 }),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      );
      const report = stdout.trim().split('\n').at(-1) ?? '';
      return { code, stdout, stderr, report: report.replace(/md$/, 'json') };
    };
    const read = (place: string): EvaluationReport => JSON.parse(readFileSync(place, 'utf8')) as EvaluationReport;

    t.match(await evaluate(), { code: 1, stderr: /There is no evaluation set sums/ });

    const words = [program, ...usual, '--cases', file, '--at-once', '1'];
    const killed = execFile(process.execPath, words, { env });
    await waitFor('a result of it', async () => {
      const { data } = await server.say<{ data: { recorded: number }[] }>('GET', '/evaluations?status=open');
      return (data[0]?.recorded ?? 0) >= 1;
    });
    killed.kill('SIGKILL');

    const first = await evaluate('--cases', file, '--at-least', '0.5');
    t.equal(first.code, 0, first.stderr);
    t.match(first.stdout, /# sums paid\/demo\n[^]*\| \*\*total\*\* \| \*\*0\.\d\d\*\* \| 4 \|/);
    const report = read(first.report);
    t.match(report, {
      status: 'finished',
      set_name: 'sums',
      revision: 1,
      recorded: 4,
      comparison: null,
      complaints: [],
    });
    const scores = new Map(report.results.map((result) => [result.case, result]));
    t.match(scores.get('fine')?.score, { completion: 1, steps: 1, cost: null, loops: 1, total: 1 });
    t.match(scores.get('mended')?.score, { completion: 1, steps: null, loops: 1, total: 1 });
    t.match(scores.get('circling'), { reason: 'stuck', score: { completion: 0.5, loops: 0 } });
    t.match(scores.get('dear')?.score, { completion: 1, cost: 0, total: 0.8 });
    t.equal(report.figures.worst[0]?.case, 'circling');
    const runs = await server.say<{ data: { id: string }[] }>('GET', '/runs?limit=100');
    t.equal(runs.data.length, 4, 'nothing was asked for twice');

    const low = await evaluate('--name', 'low', '--at-least', '0.99');
    t.match(low, { code: 2, stderr: /below 0\.99/ });
    const same = await evaluate('--name', 'same', '--against', report.id);
    t.equal(same.code, 0, same.stderr);
    t.match(read(same.report).comparison, { difference: 0, verdicts: { same: 4 } });
    const worse = await evaluate('--name', 'worse', '--no-repair', '--against', 'last');
    t.match(worse, { code: 2, stderr: /fell from/, stdout: /\| mended \| worse \| 1\.00 \| 0\.\d\d \|/ });
    t.match(read(worse.report).comparison?.verdicts, { worse: 1 });

    const before = (await server.say<{ data: unknown[] }>('GET', '/runs?limit=100')).data.length;
    const nobody = await evaluate('--name', 'nobody', '--against', report.evaluation_set_id);
    t.match(nobody, { code: 1, stderr: /404 evaluation_not_found/ });
    const after = (await server.say<{ data: unknown[] }>('GET', '/runs?limit=100')).data.length;
    t.equal(after, before, 'nothing is paid for that cannot be compared');

    writeFileSync(file, JSON.stringify(cases.slice(0, 2)));
    const fewer = await evaluate('--name', 'fewer', '--cases', file, '--against', report.id);
    t.equal(fewer.code, 0, fewer.stderr);
    t.match(read(fewer.report), { revision: 2, comparison: { verdicts: { same: 2, removed: 2 } } });
    t.equal(await server.stop(), 0, server.output());
  },
);
