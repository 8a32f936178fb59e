// Evaluations over HTTP: one go at an evaluation set, its runs, its scores, and how it stands beside another.
import { type Static, Type } from 'typebox';
import { CaseName } from '../kernel/evaluation-case.ts';
import { compare, Comparison } from '../kernel/evaluation-comparison.ts';
import { Sample } from '../kernel/evaluation-result.ts';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  abandonEvaluation,
  askEvaluationRun,
  AskEvaluationRunBody,
  finishEvaluation,
  recordEvaluation,
  RecordEvaluationBody,
  startEvaluation,
  StartEvaluationBody,
} from '../commands/evaluation.ts';
import type { Evaluation } from '../events/evaluation.ts';
import {
  caseFor,
  evaluationOf,
  evaluationRefusals,
  evaluationRules,
  finishedEvaluation,
  missingEvaluation,
} from '../policies/evaluation.ts';
import {
  evaluationFilters,
  EvaluationResultView,
  evaluationText,
  EvaluationView,
  findEvaluation,
  listEvaluationResults,
  listEvaluations,
} from '../projections/evaluation.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { readContent } from '../sql/content.ts';
import { answerFromLedger, askLedger } from './ask.ts';
import type { Answer, Call } from './call.ts';
import * as shown from './evaluation-example.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, presentListed } from './render.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const EvaluationPath = Type.Object({ evaluation_id: Id }, closed);
const url = '/api/v1/evaluations';
const one = `${url}/:evaluation_id`;
const tags = ['evaluations'] as const;
const { params } = shown;

function show(status: 200 | 201): ExecuteRequest['render'] {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...evaluationText(state as Evaluation) }),
  });
}

function start(call: Call<unknown, unknown, Static<typeof StartEvaluationBody>>): Promise<Answer> {
  const command = { ...call.body, evaluation_id: newId() };
  return perform(call, { definition: startEvaluation, command, render: show(201), location: url });
}

type Asking = Call<Static<typeof EvaluationPath>, unknown, Static<typeof AskEvaluationRunBody>>;

/** The text of the prompt is read first; that it is the text of the case is for the decider to see. */
async function ask(call: Asking): Promise<Answer> {
  const { evaluation_id } = call.params;
  const { case: name, sample = 1 } = call.body;
  const { sha256 } = await askLedger(
    call,
    (world) => caseFor(world, evaluationOf(world, evaluation_id).state, name).prompt,
  );
  const prompt = await readContent(call.api.database, call.tenantId, sha256);
  if (prompt === null) throw new Error('the prompt of a case is not kept');
  const command = { evaluation_id, run_id: newId(), case: name, sample, prompt: prompt.toString('utf8') };
  const render: ExecuteRequest['render'] = ({ report }) => ({ status: 200, body: JSON.stringify(report) });
  return perform(call, { definition: askEvaluationRun, command, render });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listEvaluations',
  summary: 'List evaluations, the latest first',
  tags,
  role: evaluationRules.read,
  query: pageQuery(evaluationFilters),
  status: 200,
  response: listOf(EvaluationView),
  codes: [],
  examples: {
    query: { evaluation_set_id: shown.started.evaluation_set_id, status: 'finished' },
    response: { data: [shown.finished], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: async (call) =>
    presentList(call, await listEvaluations(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const startRoute = route({
  method: 'POST',
  url,
  operation: 'startEvaluation',
  summary: 'Evaluate agents by an evaluation set, with these settings',
  description:
    'It goes by the last revision of the set unless another one is named. Next, ask for the run of each case with ' +
    'POST /api/v1/evaluations/{evaluation_id}/runs, record each one that has ended, and finish it.',
  tags,
  role: evaluationRules.evaluate,
  body: StartEvaluationBody,
  status: 201,
  response: EvaluationView,
  codes: [
    'evaluation_set_not_found',
    'evaluation_set_archived',
    'evaluation_revision_not_found',
    'evaluation_name_taken',
    'evaluation_too_large',
    'project_not_found',
    'project_archived',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    body: { evaluation_set_id: shown.started.evaluation_set_id, name: shown.started.name, model: shown.started.model },
    response: shown.started,
  },
  handler: start,
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getEvaluation',
  summary: 'Show an evaluation, and its figures once it is finished',
  tags,
  role: evaluationRules.read,
  params: EvaluationPath,
  status: 200,
  response: EvaluationView,
  codes: ['evaluation_not_found'],
  examples: { params, response: shown.finished },
  handler: (call) =>
    presentFound(call, findEvaluation(call.api.database, call.tenantId, call.params.evaluation_id), missingEvaluation),
});

const askRoute = route({
  method: 'POST',
  url: `${one}/runs`,
  operation: 'askEvaluationRun',
  summary: 'Ask for the run of a case',
  description:
    'The server makes the run of the prompt and tests of the case, with the settings of the evaluation. Asking again names the ' +
    'same run: no other one counts.',
  tags,
  role: evaluationRules.evaluate,
  params: EvaluationPath,
  body: AskEvaluationRunBody,
  status: 200,
  response: Type.Object({ case: CaseName, sample: Sample, run_id: Id }, closed),
  codes: [
    'evaluation_not_found',
    'evaluation_ended',
    'evaluation_set_not_found',
    'evaluation_case_not_found',
    'evaluation_sample_unknown',
    'run_limit',
    'project_not_found',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    params,
    body: { case: shown.result.case },
    response: { case: shown.result.case, sample: 1, run_id: shown.result.run_id },
  },
  handler: ask,
});

const resultsRoute = route({
  method: 'GET',
  url: `${one}/results`,
  operation: 'listEvaluationResults',
  summary: 'List what came of each run and how it is scored, in the order in which it was recorded',
  tags,
  role: evaluationRules.read,
  params: EvaluationPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(EvaluationResultView),
  codes: ['evaluation_not_found'],
  examples: { params, response: { data: [shown.result], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: (call) =>
    presentListed(
      call,
      listEvaluationResults(call.api.database, call.tenantId, call.params.evaluation_id, pageOf(call)),
      missingEvaluation,
    ),
});

const recordRoute = route({
  method: 'POST',
  url: `${one}/results`,
  operation: 'recordEvaluationResult',
  summary: 'Record what came of a run of the evaluation, with its score',
  description:
    'Both are made of the run itself, so nobody can tell other ones. A run that was recorded before changes nothing.',
  tags,
  role: evaluationRules.evaluate,
  params: EvaluationPath,
  body: RecordEvaluationBody,
  status: 200,
  response: EvaluationView,
  codes: [
    'evaluation_not_found',
    'evaluation_ended',
    'evaluation_run_foreign',
    'evaluation_set_not_found',
    'evaluation_case_not_found',
    'run_not_found',
    'run_not_ended',
  ],
  examples: { params, body: { run_id: shown.result.run_id }, response: shown.recorded },
  handler: (call) =>
    perform(call, { definition: recordEvaluation, command: { ...call.params, ...call.body }, render: show(200) }),
});

const finishRoute = route({
  method: 'POST',
  url: `${one}/finish`,
  operation: 'finishEvaluation',
  summary: 'Have the figures made, once every run is recorded',
  tags,
  role: evaluationRules.evaluate,
  params: EvaluationPath,
  status: 200,
  response: EvaluationView,
  codes: ['evaluation_not_found', 'evaluation_ended', 'evaluation_incomplete'],
  examples: { params, response: shown.finished },
  handler: (call) => perform(call, { definition: finishEvaluation, command: call.params, render: show(200) }),
});

const abandonRoute = route({
  method: 'POST',
  url: `${one}/abandon`,
  operation: 'abandonEvaluation',
  summary: 'Say that nobody goes on with an evaluation; what was recorded stays',
  tags,
  role: evaluationRules.evaluate,
  params: EvaluationPath,
  status: 200,
  response: EvaluationView,
  codes: ['evaluation_not_found', 'evaluation_ended'],
  examples: { params, response: { ...shown.recorded, status: 'abandoned' } },
  handler: (call) => perform(call, { definition: abandonEvaluation, command: call.params, render: show(200) }),
});

const Against = Type.Object(
  {
    against: Type.String({ ...Id, description: 'The evaluation that is taken as what was before' }),
    tolerance_percent: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: 2, description: 'Up to this difference a case is the same' }),
    ),
  },
  closed,
);

const compareRoute = route({
  method: 'GET',
  url: `${one}/comparison`,
  operation: 'compareEvaluations',
  summary: 'Show which cases are better, the same or worse than in another evaluation of the set',
  description:
    'A case is compared where both asked the same of it, over the parts of the score that both know. Both are finished.',
  tags,
  role: evaluationRules.read,
  params: EvaluationPath,
  query: Against,
  status: 200,
  response: Comparison,
  codes: ['evaluation_not_found', 'evaluation_not_finished', 'evaluation_set_differs'],
  examples: { params, query: { against: shown.earlierId }, response: shown.comparison },
  handler: (call) =>
    answerFromLedger(call, (world) => {
      const after = finishedEvaluation(world, call.params.evaluation_id);
      const before = finishedEvaluation(world, call.query.against);
      if (before.evaluation_set_id !== after.evaluation_set_id) {
        throw evaluationRefusals.refuse('evaluation_set_differs', `One is of ${before.set_name}.`);
      }
      return JSON.stringify(compare(before.results, after.results, (call.query.tolerance_percent ?? 2) / 100));
    }),
});

export const evaluationRoutes: readonly Route[] = [
  listRoute,
  startRoute,
  getRoute,
  askRoute,
  resultsRoute,
  recordRoute,
  finishRoute,
  abandonRoute,
  compareRoute,
];
