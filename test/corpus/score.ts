// Runs problems in a sandbox, some at a time, and tells which did not end as they must.
import type { Limits, SandboxPort, Tier, Verdict } from '../../sandbox/port.ts';
import { program } from '../support/sandbox.ts';
import { type Mutation, type Problem, programOf } from './problem.ts';

export interface Score {
  readonly total: number;
  readonly asWanted: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  readonly seconds: number;
  /** From the moment a sandbox was asked for to the answer. */
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly faults: readonly string[];
}

export interface Scoring {
  readonly mutation: Mutation;
  readonly workers: number;
  readonly onProgress?: (done: number) => void;
}

/**
 * One right solution computes for seconds, and in WebAssembly for three times as long; where containers wait, they are made
 * for the usual processor time. An endless one need not be waited for to be known.
 */
function limitsOf(mutation: Mutation, tier: Tier): Partial<Limits> {
  if (mutation === 'loop') return { wallMs: 700 };
  return tier === 'wasm' ? { wallMs: 60_000, cpuMs: 60_000 } : { wallMs: 60_000 };
}

export async function score(port: SandboxPort, problems: readonly Problem[], scoring: Scoring): Promise<Score> {
  const { mutation, workers, onProgress } = scoring;
  const waiting = [...problems];
  const times: number[] = [];
  const faults: string[] = [];
  const verdicts: Partial<Record<Verdict, number>> = {};
  const begun = performance.now();
  const work = async (): Promise<void> => {
    for (let problem = waiting.shift(); problem !== undefined; problem = waiting.shift()) {
      const request = { language: 'python' as const, ...program('python', programOf(problem, mutation)) };
      const result = await port.run({ ...request, limits: limitsOf(mutation, port.tier) });
      const { verdict, stderr, trouble } = result;
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      if (!isWanted(verdict, mutation)) {
        faults.push(`${problem.id}: ${verdict} ${trouble ?? stderr.head.trim().split('\n').at(-1) ?? ''}`);
      }
      times.push(result.timings.totalMs);
      onProgress?.(times.length);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const seconds = (performance.now() - begun) / 1_000;
  times.sort((one, other) => one - other);
  const at = (share: number): number => Math.round(times[Math.floor(times.length * share)] ?? 0);
  const asWanted = problems.length - faults.length;
  return { total: problems.length, asWanted, verdicts, seconds, medianMs: at(0.5), p95Ms: at(0.95), faults };
}

/** Our own trouble is no success of anybody. */
function isWanted(verdict: Verdict, mutation: Mutation): boolean {
  if (mutation === 'none') return verdict === 'ok';
  if (mutation === 'loop') return verdict === 'timeout_wall' || verdict === 'timeout_cpu';
  return verdict === 'nonzero';
}
