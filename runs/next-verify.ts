// What a run of the kind `verify` does next: it looks once, and ends as it found.
import type { Run } from '../events/run.ts';
import type { Step } from './step.ts';

export function nextVerify({ judgement }: Pick<Run, 'judgement'>): Step {
  if (judgement === null) return { kind: 'verify' };
  if (judgement.is_passed) return { kind: 'succeed', candidate: null };
  return { kind: 'fail', reason: 'not_verified', detail: judgement.reasons[0] ?? '', best: null };
}
