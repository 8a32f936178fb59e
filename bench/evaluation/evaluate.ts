// Has the run of each case made, some at a time, and has each one scored. All that it needs to go on with is at the
// server, so it may end at any moment.
import { readFileSync } from 'node:fs';
import type { Comparison } from '../../kernel/evaluation-comparison.ts';
import { sameAs } from '../run/plan.ts';
import { inTurns, untilEnded } from '../run/round.ts';
import type { EvaluationOptions } from './options.ts';
import type { EvaluationPlan, EvaluationServer, SeenEvaluation, SeenEvaluationResult, SeenSet } from './server.ts';

export interface Evaluated {
  readonly evaluation: SeenEvaluation;
  readonly results: readonly SeenEvaluationResult[];
  /** Null where there was nothing to compare with. */
  readonly comparison: Comparison | null;
}

export type EvaluatedServer = Pick<EvaluationServer, keyof EvaluationServer>;
type Progress = (done: number, total: number, said: string) => void;

export async function evaluate(
  server: EvaluatedServer,
  options: EvaluationOptions,
  onProgress: Progress,
): Promise<Evaluated> {
  const set = await readySet(server, options);
  const earlier = await earlierOf(server, set, options.against);
  const { id, revision, samples } = await openFor(server, planOf(set, options));
  const names = await server.caseNames(set.id, revision);
  const places = names.flatMap((name) => Array.from({ length: samples }, (_, index) => ({ name, sample: index + 1 })));
  const recorded = new Set((await server.results(id)).map((result) => `${result.case} ${result.sample}`));
  const waiting = places.filter(({ name, sample }) => !recorded.has(`${name} ${sample}`));
  await inTurns(waiting, options.atOnce, async ({ name, sample }) => {
    const run_id = await server.ask(id, name, sample);
    await untilEnded(await server.see(run_id), () => server.see(run_id));
    const now = await server.record(id, run_id);
    onProgress(now.recorded, places.length, `mean score ${now.total?.toFixed(2) ?? 'not known'}`);
  });
  const evaluation = await server.finish(id);
  return {
    evaluation,
    results: await server.results(id),
    comparison: earlier === null ? null : await server.compare(id, earlier, options.tolerancePercent),
  };
}

/** Looked for before anything is paid for: a comparison with what is not there would fail at the end. */
async function earlierOf(server: EvaluatedServer, set: SeenSet, against: string | null): Promise<string | null> {
  if (against === null) return null;
  const found = against === 'last' ? await server.lastFinished(set.id) : await server.find(against);
  if (found === null || (found.evaluation_set_id === set.id && found.status === 'finished')) return found?.id ?? null;
  throw new Error(`--against ${against} is ${found.status}, and of the evaluation set ${found.set_name}.`);
}

async function readySet(server: EvaluatedServer, { set: name, cases: file }: EvaluationOptions): Promise<SeenSet> {
  const set = await server.findSet(name);
  if (file === null) {
    if (set === null) throw new Error(`There is no evaluation set ${name}: make it of a file with --cases.`);
    return set;
  }
  const cases = readCases(file);
  return set === null ? await server.createSet(name, cases) : await server.reviseSet(set.id, cases);
}

function readCases(file: string): Parameters<EvaluationServer['createSet']>[1] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof readCases>;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The cases in ${file} cannot be read: ${why}`, { cause: error });
  }
}

function planOf(set: SeenSet, options: EvaluationOptions): EvaluationPlan {
  return {
    name: options.name,
    evaluation_set_id: set.id,
    revision: set.revision,
    samples: options.samples,
    model: options.model,
    max_repairs: options.repairs,
    cap_micros: options.capMicros,
    tiers: [...(options.tiers ?? (['docker', 'bubblewrap', 'wasm'] as const))],
  };
}

/** The one of the name that is open, if it is of the same; otherwise a new one. */
async function openFor(server: EvaluatedServer, plan: EvaluationPlan): Promise<SeenEvaluation> {
  const open = await server.findOpen(plan.name);
  return open === null ? await server.start(plan) : sameAs(plan, open, 'evaluation');
}
