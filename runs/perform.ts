// Does any step: the table of who does which.
import { RunFailed, RunRested, RunSucceeded } from '../events/run-fact.ts';
import { classify } from './classify.ts';
import { code } from './code.ts';
import { execute } from './execute.ts';
import { merge } from './merge.ts';
import { plan } from './plan.ts';
import { repair } from './repair.ts';
import { review } from './review.ts';
import { fact, type Step, type StepFact, type StepPerformer, type StepWorld } from './step.ts';

/** `verify` is done by whoever may fetch what is verified. */
export function performerWith(verify: StepPerformer): StepPerformer {
  return async (world, step) => (step.kind === 'verify' ? await verify(world, step) : await perform(world, step));
}

async function perform(world: StepWorld, step: Exclude<Step, { kind: 'verify' }>): Promise<readonly StepFact[]> {
  switch (step.kind) {
    case 'classify':
      return await classify(world);
    case 'plan':
      return await plan(world);
    case 'code':
      return await code(world, step.subtask);
    case 'merge':
      return await merge(world);
    case 'execute':
      return await execute(world, step.candidate);
    case 'review':
      return await review(world, step.candidate);
    case 'repair':
      return repair(world, step.candidate);
    default:
      return ending(step);
  }
}

type Ending = Extract<Step, { kind: 'succeed' | 'fail' | 'rest' | 'none' }>;

function ending(step: Ending): StepFact[] {
  if (step.kind === 'succeed') return [fact(RunSucceeded, { candidate: step.candidate })];
  if (step.kind === 'fail') {
    const { reason, detail, best } = step;
    return [fact(RunFailed, { reason, detail: detail.slice(0, 2_000), best })];
  }
  if (step.kind === 'none') return [];
  return [fact(RunRested, { until: new Date(step.untilMs).toISOString(), reason: step.reason })];
}
