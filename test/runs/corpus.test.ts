import { test } from 'tap';
import { readTasks, type Task } from '../../runs/corpus.ts';
import { judging } from '../../runs/harness/program.ts';
import { readReport } from '../../runs/harness/report.ts';
import { isSolved } from '../../runs/judge.ts';
import { type SandboxPort, tiers } from '../../sandbox/port.ts';
import { openTier, skipReason } from '../support/sandbox.ts';

const tasks = readTasks();

test('there are 25 tasks in six categories, in both languages', (t) => {
  t.equal(tasks.length, 25);
  t.equal(new Set(tasks.map(({ id }) => id)).size, 25);
  t.equal(new Set(tasks.map(({ category }) => category)).size, 6);
  t.same([...new Set(tasks.map(({ language }) => language))].sort(), ['javascript', 'python']);
  for (const { prompt, tests, id } of tasks) {
    const shown = tests.split('\n').filter((line) => line.includes('assert') && prompt.includes(line.trim()));
    t.same(shown, [], `${id} shows its tests`);
  }
  t.end();
});

async function judge(port: SandboxPort, { language, tests }: Task, code: string): Promise<string | true> {
  const { word, request } = judging({ language, code, tests, entry: null }, 'run');
  const result = await port.run({ ...request, limits: { wallMs: 60_000, cpuMs: 60_000 } });
  const report = readReport(word, result);
  const judged = { result, report, stdout: '', stderr: '' };
  return isSolved(judged, true) || JSON.stringify([result.verdict, report?.failures, result.stderr.head.slice(-300)]);
}

for (const tier of tiers) {
  const skip = (await skipReason(tier, 'python')) || (await skipReason(tier, 'javascript'));
  test(`the solutions of all tasks pass in ${tier}`, { skip, timeout: 580_000 }, async (t) => {
    const port = openTier(tier);
    t.teardown(() => port.close());
    const waiting = [...tasks];
    const work = async (): Promise<void> => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        t.equal(await judge(port, task, task.solution), true, task.id);
      }
    };
    await Promise.all([work(), work()]);
  });
}

const skip = await skipReason('bubblewrap', 'python');
test('code that does nothing passes no task', { skip }, async (t) => {
  const port = openTier('bubblewrap');
  t.teardown(() => port.close());
  for (const task of tasks) {
    const nothing = { python: 'pass\n', javascript: 'export {};\n' }[task.language];
    t.not(await judge(port, task, nothing), true, task.id);
  }
});
