// Has each problem solved by ordinary runs of a tenant, some at a time, and has what became of each recorded. All that it
// needs to go on with is at the server, so it may end at any moment.
import { hash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import { sameAs } from '../run/plan.ts';
import { inTurns, untilEnded } from '../run/round.ts';
import type { BenchmarkOptions } from './options.ts';
import type { BenchmarkProblem } from './problem.ts';
import type { BenchmarkPlan, RunServer, SeenBenchmark, SeenResult, SeenRun } from './server.ts';

export interface Measured {
  readonly benchmark: SeenBenchmark;
  readonly results: readonly SeenResult[];
}

export type MeasuredServer = Pick<
  RunServer,
  'findOpen' | 'start' | 'results' | 'record' | 'finish' | 'request' | 'see' | 'labelled'
>;
type Progress = (done: number, total: number, said: string) => void;

interface Place {
  readonly problem: BenchmarkProblem;
  readonly sample: number;
}

export async function measure(
  server: MeasuredServer,
  problems: readonly BenchmarkProblem[],
  options: BenchmarkOptions,
  onProgress: Progress,
): Promise<Measured> {
  const benchmark = await openFor(server, planOf(problems, options));
  const { id, samples } = benchmark;
  const recorded = new Set((await server.results(id)).map(({ problem, sample }) => nameOf(problem, sample)));
  const known = new Map<string, SeenRun>();
  for (const run of await server.labelled(`benchmark:${id}`)) {
    known.set(nameOf(run.labels['problem'] ?? '', Number(run.labels['sample'])), run);
  }
  const places = problems.flatMap((problem) =>
    Array.from({ length: samples }, (_, index): Place => ({ problem, sample: index + 1 })),
  );
  const waiting = places.filter(({ problem, sample }) => !recorded.has(nameOf(problem.id, sample)));
  await inTurns(waiting, options.atOnce, async (one) => {
    const run = known.get(nameOf(one.problem.id, one.sample)) ?? (await ask(server, benchmark, one));
    await untilEnded(run, () => server.see(run.id));
    const now = await server.record(id, run.id);
    onProgress(now.recorded, places.length, `${now.solved} solved`);
  });
  const finished = await server.finish(id);
  return { benchmark: finished, results: inOrder(await server.results(id), problems) };
}

function planOf(problems: readonly BenchmarkProblem[], options: BenchmarkOptions): BenchmarkPlan {
  return {
    name: options.name,
    problem_set: options.problems,
    problems_sha256: digestOf(canonicalJson(problems.map((problem) => ({ ...problem })))),
    problems: problems.length,
    samples: options.samples,
    model: options.model,
    max_repairs: options.repairs,
    cap_micros: options.capMicros,
    tiers: [...(options.tiers ?? (['docker', 'bubblewrap', 'wasm'] as const))],
  };
}

/** The one of the name that is open, if it measures the same; otherwise a new one. */
async function openFor(server: MeasuredServer, plan: BenchmarkPlan): Promise<SeenBenchmark> {
  const open = await server.findOpen(plan.name);
  return open === null ? await server.start(plan) : sameAs(plan, open, 'benchmark');
}

function nameOf(problem: string, sample: number): string {
  return `${problem} ${sample}`;
}

async function ask(server: MeasuredServer, benchmark: SeenBenchmark, { problem, sample }: Place): Promise<SeenRun> {
  const { id, model, max_repairs, cap_micros, tiers } = benchmark;
  const body = {
    prompt: problem.prompt,
    language: problem.language,
    tests: problem.tests,
    limits: { max_repairs, cap_micros },
    labels: { benchmark: id, problem: problem.id, category: problem.category, sample: String(sample) },
    tiers,
    ...(model === null ? {} : { model }),
  };
  return await server.request(`benchmark-${hash('sha256', `${id} ${nameOf(problem.id, sample)}`, 'hex')}`, body);
}

function inOrder(results: readonly SeenResult[], problems: readonly BenchmarkProblem[]): SeenResult[] {
  const order = new Map(problems.map(({ id }, index) => [id, index]));
  const place = ({ problem, sample }: SeenResult): number => (order.get(problem) ?? 0) * 1_000 + sample;
  return results.toSorted((one, other) => place(one) - place(other));
}
