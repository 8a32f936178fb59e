// Has each problem solved by ordinary runs of a tenant, some at a time, and gathers what became of them.
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchmarkOptions } from './options.ts';
import type { BenchmarkProblem } from './problem.ts';
import type { RunServer, SeenRun } from './server.ts';

export interface Sample {
  readonly problem: BenchmarkProblem;
  readonly number: number;
  readonly run: SeenRun;
}

const pollMs = 400;

export async function measure(
  server: Pick<RunServer, 'request' | 'see' | 'labelled'>,
  problems: readonly BenchmarkProblem[],
  options: BenchmarkOptions,
  onProgress: (done: number, total: number, solved: number) => void,
): Promise<Sample[]> {
  const known = new Map<string, SeenRun>();
  for (const run of await server.labelled(`benchmark:${options.name}`)) {
    known.set(nameOf(run.labels['problem'] ?? '', Number(run.labels['sample'])), run);
  }
  const waiting = problems.flatMap((problem) =>
    Array.from({ length: options.samples }, (_, index) => ({ problem, number: index + 1 })),
  );
  const total = waiting.length;
  const samples: Sample[] = [];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { problem, number } = one;
      let run = known.get(nameOf(problem.id, number)) ?? (await ask(server, problem, number, options));
      while (run.outcome === null) {
        await pause(pollMs);
        run = await server.see(run.id);
      }
      samples.push({ problem, number, run });
      onProgress(samples.length, total, samples.filter(({ run: seen }) => isSolved(seen)).length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce, total) }, work));
  const order = new Map(problems.map(({ id }, index) => [id, index]));
  const place = ({ problem, number }: Sample): number => (order.get(problem.id) ?? 0) * options.samples + number;
  return samples.toSorted((one, other) => place(one) - place(other));
}

export function isSolved({ outcome }: SeenRun): boolean {
  return outcome?.reason === 'solved';
}

function nameOf(problem: string, sample: number): string {
  return `${problem} ${sample}`;
}

async function ask(
  server: Pick<RunServer, 'request'>,
  problem: BenchmarkProblem,
  number: number,
  options: BenchmarkOptions,
): Promise<SeenRun> {
  const { name, model, repairs, capMicros, tiers } = options;
  const body = {
    prompt: problem.prompt,
    language: problem.language,
    tests: problem.tests,
    limits: { max_repairs: repairs, cap_micros: capMicros },
    labels: { benchmark: name, problem: problem.id, sample: String(number) },
    ...(model === null ? {} : { model }),
    ...(tiers === null ? {} : { tiers }),
  };
  return await server.request(
    `benchmark-${hash('sha256', JSON.stringify([name, nameOf(problem.id, number)]), 'hex')}`,
    body,
  );
}
