import { test } from 'tap';
import { nextVerify } from '../../runs/next-verify.ts';
import { statementContent } from '../support/verification.ts';

test('a run that verifies looks once, and ends as it found', (t) => {
  const statement = statementContent;
  t.same(nextVerify({ judgement: null }), { kind: 'verify' });
  t.same(nextVerify({ judgement: { is_passed: true, reasons: [], statement } }), { kind: 'succeed', candidate: null });
  t.match(nextVerify({ judgement: { is_passed: false, reasons: ['It fails.'], statement } }), {
    kind: 'fail',
    reason: 'not_verified',
    detail: 'It fails.',
  });
  t.end();
});
