// Who may evaluate, and what an evaluation and its runs must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { EvaluationCase } from '../kernel/evaluation-case.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import {
  type Evaluation,
  EvaluationAbandoned,
  EvaluationFinished,
  EvaluationStarted,
  evaluationStream,
} from '../events/evaluation.ts';
import { caseOf } from '../events/evaluation-set.ts';
import { evaluationSetOf, missingCase } from './evaluation-set.ts';

export const evaluationRules = {
  read: { atLeast: 'agent' },
  /** As for runs: whoever may ask for those. */
  evaluate: { atLeast: 'orchestrator' },
} as const satisfies Record<string, RoleRule>;

export const evaluationRefusals = defineRefusals({
  evaluation_not_found: {
    kind: 'missing',
    title: 'No such evaluation',
    remedy: 'List the evaluations with GET /api/v1/evaluations.',
  },
  evaluation_ended: {
    kind: 'conflict',
    title: 'The evaluation has ended',
    remedy: 'Start another one with POST /api/v1/evaluations.',
  },
  evaluation_not_finished: {
    kind: 'conflict',
    title: 'The evaluation has no figures',
    remedy: 'Record what is missing and finish it with POST /api/v1/evaluations/{evaluation_id}/finish.',
  },
  evaluation_name_taken: {
    kind: 'conflict',
    title: 'An open evaluation has this name',
    remedy: 'Go on with it, abandon it with POST /api/v1/evaluations/{evaluation_id}/abandon, or choose another name.',
  },
  evaluation_too_large: {
    kind: 'rejected',
    title: 'The evaluation has too many runs',
    remedy: 'Ask for fewer samples, or split the set.',
  },
  evaluation_sample_unknown: {
    kind: 'rejected',
    title: 'The evaluation has no such sample',
    remedy: 'Samples are numbered from 1 to the `samples` of the evaluation.',
  },
  evaluation_run_foreign: {
    kind: 'rejected',
    title: 'The run is none of the evaluation',
    remedy:
      'Ask for its runs with POST /api/v1/evaluations/{evaluation_id}/runs: no other run counts, and no retry of one.',
  },
  evaluation_incomplete: {
    kind: 'conflict',
    title: 'Not every run is recorded',
    remedy: 'Record the rest with POST /api/v1/evaluations/{evaluation_id}/results, or abandon the evaluation.',
  },
  evaluation_set_differs: {
    kind: 'rejected',
    title: 'The evaluations are of different sets',
    remedy: 'Compare evaluations with the same `evaluation_set_id`.',
  },
});

const { refuse } = evaluationRefusals;
const maxEvaluationRuns = 1_000;

const ends = new Set([EvaluationFinished.type, EvaluationAbandoned.type]);

/** Whether an open evaluation has the name. */
export const evaluationNameTaken: LookupDefinition<boolean> = {
  name: 'evaluation-name-taken',
  keyOf: ({ type, data }) => (type === EvaluationStarted.type || ends.has(type) ? (data['name'] as string) : null),
  fold: (_taken, { type }) => type === EvaluationStarted.type,
};

export function evaluationOf(world: World, id: string): Loaded<Evaluation> {
  const evaluation = world.find(evaluationStream, id);
  if (evaluation === undefined) throw missingEvaluation();
  return evaluation;
}

export function missingEvaluation(): Error {
  return refuse('evaluation_not_found', 'There is no such evaluation.');
}

export function openEvaluation(world: World, id: string): Evaluation {
  const { state } = evaluationOf(world, id);
  if (state.status !== 'open') throw refuse('evaluation_ended', `The evaluation is ${state.status}.`);
  return state;
}

/** Where a run stands in an evaluation; only the one that was asked for in its place has one. */
export function placeOfRun({ asked }: Evaluation, run_id: string): { readonly case: string; readonly sample: number } {
  const place = Object.values(asked).find((one) => one.run_id === run_id);
  if (place === undefined) throw refuse('evaluation_run_foreign', 'It was not asked for by the evaluation.');
  return place;
}

/** The case as it was in the revision that the evaluation goes by. */
export function caseFor(world: World, evaluation: Evaluation, name: string): EvaluationCase {
  const { state } = evaluationSetOf(world, evaluation.evaluation_set_id);
  const found = caseOf(state, evaluation.revision, name);
  if (found === undefined) throw missingCase(name);
  return found;
}

export function requireSize(cases: number, samples: number): void {
  if (cases * samples <= maxEvaluationRuns) return;
  throw refuse('evaluation_too_large', `An evaluation has at most ${maxEvaluationRuns} runs.`);
}

export function requireSample({ samples }: Evaluation, sample: number): void {
  if (sample > samples) throw refuse('evaluation_sample_unknown', `It is none from 1 to ${samples}.`);
}

export function finishedEvaluation(world: World, id: string): Evaluation {
  const { state } = evaluationOf(world, id);
  if (state.status !== 'finished') throw refuse('evaluation_not_finished', `The evaluation is ${state.status}.`);
  return state;
}
