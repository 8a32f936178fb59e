import { test } from 'tap';
import type { Report } from '../../runs/harness/report.ts';
import { isSolved, type Judgement } from '../../runs/judge.ts';
import type { Verdict } from '../../sandbox/port.ts';

const ended: Report = { stage: 'end', passed: 3, failed: 0, errors: 0, failures: [] };

function judgementOf(report: Report | null, verdict: Verdict = 'ok'): Judgement {
  return { result: { verdict } as Judgement['result'], report, stdout: '', stderr: '' };
}

test('only what was seen to run to its end, with tests and none that failed, is solved', (t) => {
  const solved = (change: Partial<Report>, verdict?: Verdict): boolean =>
    isSolved(judgementOf({ ...ended, ...change }, verdict), true);
  t.equal(solved({}), true);
  t.equal(isSolved(judgementOf(null), true), false, 'nothing was seen');
  for (const stage of ['load', 'syntax', 'tests', 'compiled'] as const) t.equal(solved({ stage }), false, stage);
  t.equal(solved({ passed: 0 }), false, 'there were no tests');
  t.equal(solved({ failed: 1 }), false);
  t.equal(solved({ errors: 1 }), false);
  for (const verdict of ['nonzero', 'timeout_wall', 'sandbox_error'] as const) {
    t.equal(solved({}, verdict), false, verdict);
  }
  t.end();
});

test('a program without tests is solved when it ran to its end', (t) => {
  t.equal(isSolved(judgementOf({ ...ended, passed: 0 }), false), true);
  t.equal(isSolved(judgementOf({ ...ended, stage: 'load', passed: 0 }), false), false);
  t.end();
});
