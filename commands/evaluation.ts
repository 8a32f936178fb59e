// Commands on evaluations. The server asks for the run of a case by itself and scores what the run was seen to do.
import { type Static, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { CaseName } from '../kernel/evaluation-case.ts';
import { evaluationFiguresOf, Sample } from '../kernel/evaluation-result.ts';
import { digestOf } from '../kernel/digest.ts';
import { Id } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import {
  EvaluationAbandoned,
  evaluationFields,
  EvaluationFinished,
  EvaluationResultRecorded,
  EvaluationRunRequested,
  evaluationSettings,
  EvaluationStarted,
  placeKey,
} from '../events/evaluation.ts';
import { casesOf } from '../events/evaluation-set.ts';
import {
  caseFor,
  evaluationNameTaken,
  evaluationOf,
  evaluationRefusals,
  evaluationRules,
  openEvaluation,
  placeOfRun,
  requireSample,
  requireSize,
} from '../policies/evaluation.ts';
import { evaluationResultOf } from '../policies/evaluation-score.ts';
import { activeEvaluationSet, requireRevision } from '../policies/evaluation-set.ts';
import { openProject } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import { runOf } from '../policies/run.ts';
import { requestFactOf } from '../policies/run-request.ts';
import { openTenant } from '../policies/tenant.ts';

const closed = { additionalProperties: false } as const;
const { name, evaluation_set_id, revision, samples } = evaluationFields;

export const StartEvaluationBody = Type.Object(
  {
    name: Type.Optional(name),
    evaluation_set_id,
    revision: Type.Optional(revision),
    samples: Type.Optional(samples),
    ...Type.Partial(Type.Object(evaluationSettings)).properties,
    tiers: Type.Optional(Type.Array(evaluationSettings.tiers.items, { minItems: 1, maxItems: 3, uniqueItems: true })),
  },
  closed,
);
export const AskEvaluationRunBody = Type.Object({ case: CaseName, sample: Type.Optional(Sample) }, closed);
export const RecordEvaluationBody = Type.Object({ run_id: Id }, closed);

const evaluationRef = (id: string) => ({ type: 'evaluation', id });

export interface NameEvaluation {
  readonly evaluation_id: string;
}

export interface StartEvaluation extends NameEvaluation, Static<typeof StartEvaluationBody> {}

export const startEvaluation: CommandDefinition<StartEvaluation> = {
  name: 'StartEvaluation',
  subject: ({ evaluation_id }) => evaluationRef(evaluation_id),
  authorize: (_command, world) => requireRole(evaluationRules.evaluate, world.actor),
  decide({ evaluation_id, ...told }, world) {
    openTenant(world);
    const set = activeEvaluationSet(world, told.evaluation_set_id);
    if (set.project_id !== null) openProject(world, set.project_id);
    const of = told.revision ?? set.revisions.length;
    requireRevision(set, of);
    const cases = casesOf(set, of).length;
    requireSize(cases, told.samples ?? 1);
    const known = told.name ?? set.name;
    if (world.lookup(evaluationNameTaken, known)) {
      throw evaluationRefusals.refuse('evaluation_name_taken', `The name ${known} is taken.`);
    }
    const data = {
      name: known,
      evaluation_set_id: told.evaluation_set_id,
      set_name: set.name,
      revision: of,
      project_id: set.project_id,
      cases,
      samples: told.samples ?? 1,
      model: told.model ?? null,
      tiers: told.tiers ?? (['docker', 'bubblewrap', 'wasm'] as const).slice(),
      max_repairs: told.max_repairs ?? 3,
      cap_micros: told.cap_micros ?? null,
      classify: told.classify ?? 'heuristic',
      tools: told.tools ?? [],
    };
    return [record(EvaluationStarted, evaluationRef(evaluation_id), data, set.project_id)];
  },
};

export interface AskEvaluationRun extends NameEvaluation {
  readonly run_id: string;
  readonly case: string;
  readonly sample: number;
  /** Of the case, as it is kept under its digest. */
  readonly prompt: string;
}

/** Asks once: who asks again is told of the run that is there. */
export const askEvaluationRun: CommandDefinition<AskEvaluationRun> = {
  name: 'AskEvaluationRun',
  subject: ({ evaluation_id }) => evaluationRef(evaluation_id),
  authorize: (_command, world) => requireRole(evaluationRules.evaluate, world.actor),
  decide({ evaluation_id, run_id, case: wanted, sample, prompt }, world) {
    const evaluation = openEvaluation(world, evaluation_id);
    requireSample(evaluation, sample);
    const one = caseFor(world, evaluation, wanted);
    const known = evaluation.asked[placeKey(wanted, sample)];
    if (known !== undefined) return { events: [], report: known };
    if (digestOf(prompt) !== one.prompt.sha256) throw new Error('the prompt is not that of the case');
    openTenant(world);
    const { project_id, model, tiers, classify, tools, max_repairs, cap_micros } = evaluation;
    const run = requestFactOf(world, {
      run_id,
      prompt,
      language: one.language,
      tests: one.tests,
      model,
      tiers,
      classify,
      tools,
      limits: { max_repairs, cap_micros },
      labels: { evaluation: evaluation_id, case: wanted, sample: String(sample) },
      ...(project_id === null ? {} : { project_id }),
    });
    const asked = { case: wanted, sample, run_id };
    const told = record(EvaluationRunRequested, evaluationRef(evaluation_id), asked, project_id);
    return { events: [told, run], report: asked };
  },
};

export interface RecordEvaluation extends NameEvaluation, Static<typeof RecordEvaluationBody> {}

/** A run that was recorded before is not recorded twice. */
export const recordEvaluation: CommandDefinition<RecordEvaluation> = {
  name: 'RecordEvaluation',
  subject: ({ evaluation_id }) => evaluationRef(evaluation_id),
  authorize: (_command, world) => requireRole(evaluationRules.evaluate, world.actor),
  decide({ evaluation_id, run_id }, world) {
    if (evaluationOf(world, evaluation_id).state.results.some((result) => result.run_id === run_id)) return [];
    const evaluation = openEvaluation(world, evaluation_id);
    const place = placeOfRun(evaluation, run_id);
    const one = caseFor(world, evaluation, place.case);
    const result = evaluationResultOf(world, runOf(world, run_id), one, { run_id, sample: place.sample });
    return [record(EvaluationResultRecorded, evaluationRef(evaluation_id), result, evaluation.project_id)];
  },
};

export const finishEvaluation: CommandDefinition<NameEvaluation> = {
  name: 'FinishEvaluation',
  subject: ({ evaluation_id }) => evaluationRef(evaluation_id),
  authorize: (_command, world) => requireRole(evaluationRules.evaluate, world.actor),
  decide({ evaluation_id }, world) {
    if (evaluationOf(world, evaluation_id).state.status === 'finished') return [];
    const { name: known, results, cases, samples: each, project_id } = openEvaluation(world, evaluation_id);
    if (results.length < cases * each) {
      const detail = `${results.length} of ${cases * each} are recorded.`;
      throw evaluationRefusals.refuse('evaluation_incomplete', detail);
    }
    const data = { name: known, figures: evaluationFiguresOf(results) };
    return [record(EvaluationFinished, evaluationRef(evaluation_id), data, project_id)];
  },
};

export const abandonEvaluation: CommandDefinition<NameEvaluation> = {
  name: 'AbandonEvaluation',
  subject: ({ evaluation_id }) => evaluationRef(evaluation_id),
  authorize: (_command, world) => requireRole(evaluationRules.evaluate, world.actor),
  decide({ evaluation_id }, world) {
    if (evaluationOf(world, evaluation_id).state.status === 'abandoned') return [];
    const { name: known, project_id } = openEvaluation(world, evaluation_id);
    return [record(EvaluationAbandoned, evaluationRef(evaluation_id), { name: known }, project_id)];
  },
};
