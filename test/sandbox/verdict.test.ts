import { test } from 'tap';
import { defaultLimits } from '../../sandbox/request.ts';
import { type Course, exitCodeOf, judge } from '../../sandbox/verdict.ts';

const fine: Course = {
  hasBegun: true,
  stop: null,
  word: { exitCode: 0, pidsHits: 0, oomHits: 0 },
  ending: { exitCode: 0, oom: false, pids: false, trouble: null },
  runMs: 50,
};
const failed = { exitCode: 1, pidsHits: 0, oomHits: 0 };
const killed = { ...fine.ending, exitCode: 137 };

const cases: readonly [
  title: string,
  course: Partial<Course>,
  verdict: ReturnType<typeof judge>,
  exit: number | null,
][] = [
  ['code that ends well', {}, 'ok', 0],
  ['code that fails', { word: failed }, 'nonzero', 1],
  ['code that was done before it could be counted', { word: null }, 'nonzero', 0],
  ['code that kills its launcher', { word: null, ending: killed }, 'nonzero', 137],
  ['memory that ran out', { word: null, ending: { ...killed, oom: true } }, 'oom', 137],
  ['memory that ran out in a child that was caught', { ending: { ...fine.ending, oom: true } }, 'ok', 0],
  ['memory by the word of the launcher', { word: { ...failed, oomHits: 1 } }, 'oom', 1],
  ['processes that ran out', { word: { ...failed, pidsHits: 9 } }, 'pids', 1],
  ['processes that ran out until it was killed', { stop: 'wall', ending: { ...killed, pids: true } }, 'pids', null],
  ['time', { stop: 'wall', word: null, ending: killed }, 'timeout_wall', null],
  ['processor time', { word: { ...failed, exitCode: 152 }, runMs: 9_900 }, 'timeout_cpu', 152],
  ['processor time that was ignored', { word: { ...failed, exitCode: 137 }, runMs: 11_000 }, 'timeout_cpu', 137],
  ['processor time that we counted', { stop: 'cpu', word: null }, 'timeout_cpu', null],
  ['an exit code that only looks like it', { word: { ...failed, exitCode: 152 }, runMs: 40 }, 'nonzero', 152],
  ['output', { stop: 'output', word: null, ending: killed }, 'output_limit', null],
  ['code that was never begun', { hasBegun: false, word: null, ending: killed }, 'sandbox_error', 137],
  ['a sandbox that did not start in time', { hasBegun: false, stop: 'start', word: null }, 'sandbox_error', null],
  ['an engine that was lost', { word: null, ending: { ...killed, trouble: 'gone' } }, 'sandbox_error', 137],
];

for (const [title, course, verdict, exit] of cases) {
  test(`${title} is called ${verdict}`, (t) => {
    t.equal(judge({ ...fine, ...course }, defaultLimits), verdict);
    t.equal(exitCodeOf({ ...fine, ...course }), exit);
    t.end();
  });
}
