// What came of a run, from its state and its labels alone: whoever measures names the run, and has no say in the rest.
import type { World } from '../kernel/command.ts';
import { type Loaded, pendingTime } from '../kernel/event.ts';
import type { RunEnd, RunResult } from '../kernel/run-result.ts';
import { msBetween } from '../kernel/timestamp.ts';
import type { Run } from '../events/run.ts';
import { runRefusals } from './run.ts';

export interface Named {
  readonly problem: string;
  readonly category: string;
  readonly sample: number;
}

export function resultOf(world: World, run_id: string, run: Loaded<Run>, named: Named): RunResult {
  return { ...endOf(world, run_id, run), ...named };
}

/** Refuses a run that has not ended. */
export function endOf(world: World, run_id: string, run: Loaded<Run>): RunEnd {
  const { outcome, candidates, calls, cost_micros, tests, status } = run.state;
  if (outcome === null) throw runRefusals.refuse('run_not_ended', `The run is ${status}.`);
  const is_solved = outcome.reason === 'solved';
  return {
    run_id,
    is_solved,
    is_solved_at_once: is_solved && candidates[0]?.execution?.is_solved === true,
    reason: outcome.reason,
    candidates: candidates.length,
    calls,
    cost_micros,
    took_ms: Math.max(0, msBetween(known(run.created_at, world), known(run.updated_at, world))),
    tiers: [...new Set(candidates.flatMap(({ execution }) => execution?.tier ?? []))].toSorted(),
    tests_sha256: tests?.sha256 ?? null,
  };
}

/** What is committed together with this happens now. */
function known(time: string, world: World): string {
  return time === pendingTime ? world.now : time;
}
