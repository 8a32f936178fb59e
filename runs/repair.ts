// Makes what a review proposed the next candidate.
import { RunFixApplied } from '../events/run-fact.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';

export function repair({ run }: StepWorld, number: number): StepFact[] {
  const review = run.candidates.find((candidate) => candidate.number === number)?.review ?? null;
  if (review === null || review.code === null) throw new Error(`no fix was proposed for candidate ${number}`);
  return [fact(RunFixApplied, { candidate: run.candidates.length + 1, of: number, code: review.code })];
}
