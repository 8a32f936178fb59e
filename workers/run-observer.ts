// What may be told of runs while they go on, to whoever measures them. It is told after the fact and answers nothing.
import type { Run } from '../events/run.ts';
import type { Step, StepFact } from '../runs/step.ts';
import type { ClaimedRun } from '../sql/run-lease.ts';

export interface TurnObserver {
  begin(step: Step['kind']): void;
  /** `facts` are what came of it; they are written down next. */
  end(how: 'done' | 'broken_off' | 'failed', facts: readonly StepFact[]): void;
  /** They are in the log, and this is the run with them. */
  noted(run: Run, facts: readonly StepFact[], atMs: number): void;
}

/** For each turn of a run in this process. */
export type RunObserver = (claim: ClaimedRun) => TurnObserver;
