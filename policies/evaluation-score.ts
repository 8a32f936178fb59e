// What a run was seen to do, from its state alone: whoever evaluates names the run, and has no say in the rest.
import { canonicalJson } from '../kernel/canonical.ts';
import type { World } from '../kernel/command.ts';
import { digestOf } from '../kernel/digest.ts';
import type { EvaluationCase, RunStep } from '../kernel/evaluation-case.ts';
import type { EvaluationResult } from '../kernel/evaluation-result.ts';
import { type Seen, scoreOf } from '../kernel/evaluation-score.ts';
import type { Loaded } from '../kernel/event.ts';
import type { Candidate, Run } from '../events/run.ts';
import { endOf } from './run-result.ts';

/** Refuses a run that has not ended. */
export function evaluationResultOf(
  world: World,
  run: Loaded<Run>,
  one: EvaluationCase,
  { run_id, sample }: { readonly run_id: string; readonly sample: number },
): EvaluationResult {
  const end = endOf(world, run_id, run);
  const seen = seenOf(run.state, end.reason);
  return {
    ...end,
    case: one.name,
    sample,
    case_sha256: digestOf(canonicalJson(one)),
    tests: seen.tests === null ? null : { ...seen.tests },
    steps: [...seen.steps],
    repeats: seen.repeats,
    score: scoreOf(one, seen),
  };
}

function seenOf(run: Run, reason: string): Seen {
  const { candidates, calls, cost_micros, outcome, unpriced } = run;
  const best = candidates.find(({ number }) => number === outcome?.best)?.execution?.tests ?? null;
  return {
    reason,
    tests: best === null ? null : { passed: best.passed, total: best.passed + best.failed + best.errors },
    steps: stepsOf(run),
    cost_micros: calls === 0 || unpriced > 0 ? null : cost_micros,
    calls,
    candidates: candidates.length,
    repeats: candidates.filter((candidate, index) => isRepeat(candidate, candidates.slice(0, index))).length,
  };
}

/** As they follow from what the run has made. */
function stepsOf({ complexity, subtasks, parts, candidates }: Run): RunStep[] {
  const done: RunStep[] = [];
  if (complexity !== null) done.push('classify');
  if (subtasks !== null) done.push('plan');
  done.push(...Object.keys(parts).map(() => 'code' as const));
  for (const { of, execution, review } of candidates) {
    done.push(of === null ? 'merge' : 'repair');
    if (execution !== null) done.push('execute');
    if (review !== null) done.push('review');
  }
  return done;
}

function isRepeat({ code, execution }: Candidate, earlier: readonly Candidate[]): boolean {
  const failure = execution?.failure ?? null;
  return earlier.some(
    (other) => other.code.sha256 === code.sha256 || (failure !== null && other.execution?.failure === failure),
  );
}
