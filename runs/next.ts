// What a run does next, from its state and the time alone. Whatever is not allowed to go on ends here with its reason.
import { bestCandidate, type Candidate, type Run } from '../events/run.ts';
import { maxBroken, restUntilMs } from './broken.ts';
import { nextVerify } from './next-verify.ts';
import type { Step } from './step.ts';
import { inOrder } from './subtask.ts';

type Reason = Extract<Step, { kind: 'fail' }>['reason'];

/** Executions of one candidate that are begun, whatever ends them: code that takes its worker with it ends too. */
export const maxTries = 10;
const leastConfidence = 0.3;

const nothing: Step = { kind: 'none' };

export function next(run: Run, nowMs: number): Step {
  if (run.outcome !== null || run.is_cancelling || run.status === 'awaiting_approval') return nothing;
  if (run.deadline_at !== null && Date.parse(run.deadline_at) <= nowMs) return late(run);
  if (run.resting !== null && Date.parse(run.resting.until) > nowMs) return nothing;
  if (run.kind === 'verify') return nextVerify(run);
  return nextOfPlan(run) ?? nextOfCandidate(run, nowMs);
}

/** Where nothing but a sandbox that broke was seen, its time says nothing of what it looks at. */
function late(run: Run): Step {
  if (run.breaks === 0) return fail(run, 'deadline', 'The time that the run had is over.');
  return fail(run, 'sandbox_error', `The sandbox broke ${run.breaks} times, and the time that the run had is over.`);
}

/** Null when the first candidate is there. */
function nextOfPlan(run: Run): Step | null {
  if (run.candidates.length > 0) return null;
  if (run.complexity === null)
    return run.classify === 'model' ? asking(run, { kind: 'classify' }) : { kind: 'classify' };
  if (run.subtasks === null) return run.complexity === 'simple' ? { kind: 'plan' } : asking(run, { kind: 'plan' });
  const missing = inOrder(run.subtasks).find(({ id }) => run.parts[id] === undefined);
  return missing === undefined ? { kind: 'merge' } : asking(run, { kind: 'code', subtask: missing.id });
}

function nextOfCandidate(run: Run, nowMs: number): Step {
  const candidate = run.candidates.at(-1);
  if (candidate === undefined) throw new Error('a run without a candidate is not past its plan');
  const { number, execution, review } = candidate;
  if (execution === null) return nextExecution(run, candidate, nowMs);
  if (execution.is_solved) return { kind: 'succeed', candidate: number };
  const stop = stopAfterExecution(run, candidate);
  if (stop !== null) return stop;
  if (review === null) return asking(run, { kind: 'review', candidate: number });
  return stopAfterReview(run, candidate) ?? { kind: 'repair', candidate: number };
}

function nextExecution(run: Run, candidate: Candidate, nowMs: number): Step {
  const { broken, rests, tries, number } = candidate;
  if (broken >= maxBroken) return fail(run, 'sandbox_error', `The sandbox broke ${broken} times in a row.`);
  if (tries >= maxTries) return fail(run, 'sandbox_error', `${tries} executions were begun and none was seen to end.`);
  if (broken <= rests) return { kind: 'execute', candidate: number };
  return { kind: 'rest', untilMs: restUntilMs(broken, nowMs), reason: 'sandbox_error' };
}

function stopAfterExecution(run: Run, candidate: Candidate): Step | null {
  const { candidates, limits } = run;
  const repairs = candidates.length - 1;
  if (candidate.execution?.trouble !== null) {
    return fail(run, 'tests_invalid', `The tests cannot be run: ${candidate.execution?.trouble ?? ''}`);
  }
  if (repairs >= limits.max_repairs) return fail(run, 'attempts', `${repairs} repairs are as many as are allowed.`);
  const failure = candidate.execution.failure;
  if (repairs > 0 && failure !== null && failure === candidates.at(-2)?.execution?.failure) {
    return fail(run, 'stuck', 'It failed in the same way twice.');
  }
  if (repairs >= 2 && !hasProgress(run)) return fail(run, 'stuck', 'Two repairs brought no progress.');
  return null;
}

function stopAfterReview(run: Run, { review }: Candidate): Step | null {
  if (review === null) return null;
  if (review.code === null) return fail(run, 'stuck', 'What the review proposed does not compile.');
  const { sha256 } = review.code;
  if (run.candidates.some(({ code }) => code.sha256 === sha256)) {
    return fail(run, 'stuck', 'The review proposed what had been tried before.');
  }
  if (run.candidates.length >= 2 && review.confidence < leastConfidence) {
    return fail(run, 'low_confidence', `The review trusts its own fix with ${review.confidence}.`);
  }
  return null;
}

/** Whether one of the last two is better than all before them: of equal ones the earliest is the best. */
function hasProgress(run: Run): boolean {
  return (bestCandidate(run) ?? 0) > run.candidates.length - 2;
}

/** A step that asks a model, if that is still allowed. Each call holds its own caps as well. */
function asking(run: Run, step: Step): Step {
  // The last call that was allowed may have been answered already; whoever repeats its step asks nothing.
  if (Object.keys(run.answers).length > 0) return step;
  const { cap_micros, max_calls } = run.limits;
  if (run.calls >= max_calls) return fail(run, 'attempts', `${run.calls} calls of models are as many as are allowed.`);
  if (cap_micros !== null && run.cost_micros > 0 && run.cost_micros >= cap_micros) {
    return fail(run, 'budget', 'The money of the run is used up.');
  }
  return step;
}

function fail(run: Run, reason: Reason, detail: string): Step {
  return { kind: 'fail', reason, detail, best: bestCandidate(run) };
}
