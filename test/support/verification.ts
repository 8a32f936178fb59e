// A project that is verified by running, and the ends of the runs that its stories wait for.
import { RunFailed, RunVerificationJudged } from '../../events/run-fact.ts';
import type { Verification } from '../../kernel/verification.ts';

export const executed: Verification = {
  mode: 'executed',
  git_remote: 'https://git.example.com/orbit.git',
  tests_ref: 'main',
  tests_folder: 'tests',
  base: 'none',
  runner: 'unittest',
};
export const wholeCommit = '1f0e2d3c4b5a69788796a5b4c3d2e1f000112233';
export const statementContent = { sha256: 'ab'.repeat(32), size: 7 };

export type RunEnd = 'passed' | 'refuted' | 'failed';

/** What a worker writes down at the end of a run that verifies. */
export function factsOf(end: RunEnd) {
  if (end === 'failed') {
    return [{ kind: RunFailed, data: { reason: 'sandbox_unavailable', detail: 'none', best: null } }];
  }
  const reasons = end === 'passed' ? [] : ['It does not hold.'];
  const judgement = { is_passed: end === 'passed', reasons, statement: statementContent };
  return [{ kind: RunVerificationJudged, data: judgement }];
}
