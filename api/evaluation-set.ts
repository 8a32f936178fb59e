// Evaluation sets over HTTP: what agents are held against, revision by revision.
import { type Static, Type } from 'typebox';
import { CaseName, EvaluationCase, expectationOf } from '../kernel/evaluation-case.ts';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id, Name } from '../kernel/shape.ts';
import {
  archiveEvaluationSet,
  changeEvaluationSet,
  ChangeEvaluationSetBody,
  createEvaluationSet,
  CreateEvaluationSetBody,
  restoreEvaluationSet,
  type ToldCase,
} from '../commands/evaluation-set.ts';
import { caseOf, casesOf, type EvaluationSet } from '../events/evaluation-set.ts';
import {
  evaluationSetOf,
  evaluationSetRules,
  missingCase,
  missingEvaluationSet,
  requireRevision,
} from '../policies/evaluation-set.ts';
import {
  Cases,
  evaluationSetFilters,
  EvaluationSetSummary,
  evaluationSetText,
  EvaluationSetView,
  findEvaluationSet,
  listEvaluationSets,
} from '../projections/evaluation-set.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { putContent, readContent } from '../sql/content.ts';
import { answerFromLedger, askLedger } from './ask.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const SetPath = Type.Object({ evaluation_set_id: Id }, closed);
const CasePath = Type.Object({ evaluation_set_id: Id, case: CaseName }, closed);
const Revision = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const RevisionQuery = Type.Object(
  { revision: Type.Optional(Type.Integer({ ...Revision, description: 'Without it, the last one' })) },
  closed,
);
const url = '/api/v1/evaluation-sets';
const one = `${url}/:evaluation_set_id`;
const allCases = `${one}/cases`;
const tags = ['evaluations'] as const;
/** The most that a body of full cases takes is more; whoever has that much splits the set. */
const bodyLimitBytes = 8 << 20;

const toldCase = {
  name: 'add-two-numbers',
  prompt: 'Write add(a, b), which adds two numbers.',
  language: 'python',
  tests: 'assert add(1, 2) == 3',
  steps: { expected: ['code', 'execute'], never: ['review'] },
  budget_micros: 20_000,
  max_calls: 2,
};
const keptCase = {
  name: toldCase.name,
  language: 'python',
  prompt: { sha256: '2'.repeat(64), size: 40 },
  tests: { sha256: '1'.repeat(64), size: 21 },
  outcome: 'solved',
  steps: { ...toldCase.steps, in_order: true },
  budget_micros: 20_000,
  max_candidates: null,
  max_calls: 2,
  weights: { completion: 3, steps: 1, cost: 1, loops: 1 },
};
const summary = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d50',
  version: 2,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'Support tools',
  description: '',
  project_id: null,
  status: 'active',
  revision: 1,
  case_count: 1,
};
const example = { ...summary, cases: [keptCase] };
export const evaluationSetExample = summary;
const params = { evaluation_set_id: example.id };

function show(status: 200 | 201): ExecuteRequest['render'] {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...evaluationSetText(state as EvaluationSet) }),
  });
}

/** Prompts and tests go beside the log first, so that the commands know them by their digests. */
async function keep(call: Call, cases: readonly Static<typeof ToldCase>[]): Promise<EvaluationCase[]> {
  const put = async (text: string) => ({ ...(await putContent(call.api.database, call.tenantId, Buffer.from(text))) });
  const kept: EvaluationCase[] = [];
  for (const { name, prompt, language, tests, ...told } of cases) {
    const texts = { prompt: await put(prompt), tests: tests === undefined ? null : await put(tests) };
    kept.push({ name, language, ...texts, ...expectationOf(told) });
  }
  return kept;
}

async function create(call: Call<unknown, unknown, Static<typeof CreateEvaluationSetBody>>): Promise<Answer> {
  const cases = await keep(call, call.body.cases);
  const command = { ...call.body, cases, evaluation_set_id: newId() };
  return perform(call, { definition: createEvaluationSet, command, render: show(201), location: url });
}

type Changing = Call<Static<typeof SetPath>, unknown, Static<typeof ChangeEvaluationSetBody>>;

async function change(call: Changing): Promise<Answer> {
  const { cases, ...told } = call.body;
  const kept = cases === undefined ? {} : { cases: await keep(call, cases) };
  const command = { ...call.params, ...told, ...kept };
  return perform(call, { definition: changeEvaluationSet, command, render: show(200) });
}

function revisionOf(set: EvaluationSet, wanted: number | undefined): number {
  const revision = wanted ?? set.revisions.length;
  requireRevision(set, revision);
  return revision;
}

type OfCase = Call<Static<typeof CasePath>, Static<typeof RevisionQuery>>;

/** With its texts. */
async function showCase(call: OfCase): Promise<Answer> {
  const { evaluation_set_id, case: name } = call.params;
  const found = await askLedger(call, (world) => {
    const { state } = evaluationSetOf(world, evaluation_set_id);
    return caseOf(state, revisionOf(state, call.query.revision), name) ?? null;
  });
  if (found === null) throw missingCase(name);
  const { prompt, tests, ...told } = found;
  const read = async ({ sha256 }: EvaluationCase['prompt']) =>
    (await readContent(call.api.database, call.tenantId, sha256))?.toString('utf8') ?? null;
  const texts = { prompt: await read(prompt), tests: tests === null ? null : await read(tests) };
  const body = JSON.stringify({ ...told, ...texts, prompt_sha256: prompt.sha256, tests_sha256: tests?.sha256 ?? null });
  return { status: 200, body, headers: [] };
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listEvaluationSets',
  summary: 'List evaluation sets, the latest first, without their cases',
  tags,
  role: evaluationSetRules.read,
  query: pageQuery(evaluationSetFilters),
  status: 200,
  response: listOf(EvaluationSetSummary),
  codes: [],
  examples: {
    query: { name: example.name },
    response: { data: [summary], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: async (call) =>
    presentList(call, await listEvaluationSets(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createEvaluationSet',
  summary: 'Create an evaluation set: named cases that runs of agents are scored by',
  description:
    'A case is a prompt with tests, as POST /api/v1/runs takes them, and what is expected of a run of it: its outcome, its ' +
    'steps, what it costs and how many candidates and calls it needs. The name of a set stays for good.',
  tags,
  role: evaluationSetRules.write,
  body: CreateEvaluationSetBody,
  bodyLimitBytes,
  status: 201,
  response: EvaluationSetView,
  codes: [
    'evaluation_set_name_taken',
    'evaluation_cases_invalid',
    'project_not_found',
    'project_archived',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: { body: { name: example.name, cases: [toldCase] }, response: example },
  handler: create,
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getEvaluationSet',
  summary: 'Show an evaluation set with the cases of its last revision',
  tags,
  role: evaluationSetRules.read,
  params: SetPath,
  status: 200,
  response: EvaluationSetView,
  codes: ['evaluation_set_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(
      call,
      findEvaluationSet(call.api.database, call.tenantId, call.params.evaluation_set_id),
      missingEvaluationSet,
    ),
});

const changeRoute = route({
  method: 'PATCH',
  url: one,
  operation: 'changeEvaluationSet',
  summary: 'Change the description of an evaluation set, or revise its cases',
  description:
    '`cases` are all that the set is to have. Where they differ from the last revision they become another one; evaluations that ' +
    'were started by an earlier one go on with that.',
  tags,
  role: evaluationSetRules.write,
  params: SetPath,
  body: ChangeEvaluationSetBody,
  bodyLimitBytes,
  status: 200,
  response: EvaluationSetView,
  codes: ['evaluation_set_not_found', 'evaluation_set_archived', 'evaluation_cases_invalid'],
  examples: {
    params,
    body: { cases: [{ ...toldCase, max_calls: 3 }] },
    response: { ...example, version: 3, revision: 2, cases: [{ ...keptCase, max_calls: 3 }] },
  },
  handler: change,
});

const casesRoute = route({
  method: 'GET',
  url: allCases,
  operation: 'listEvaluationCases',
  summary: 'Show the cases of an evaluation set, in its last or an earlier revision',
  tags,
  role: evaluationSetRules.read,
  params: SetPath,
  query: RevisionQuery,
  status: 200,
  response: Type.Object(
    { evaluation_set_id: Id, name: Name, revision: Revision, latest_revision: Revision, cases: Cases },
    closed,
  ),
  codes: ['evaluation_set_not_found', 'evaluation_revision_not_found'],
  examples: {
    params,
    query: { revision: 1 },
    response: { ...params, name: example.name, revision: 1, latest_revision: 1, cases: [keptCase] },
  },
  handler: (call) =>
    answerFromLedger(call, (world) => {
      const { evaluation_set_id } = call.params;
      const { state } = evaluationSetOf(world, evaluation_set_id);
      const [revision, latest_revision] = [revisionOf(state, call.query.revision), state.revisions.length];
      const { name } = state;
      return JSON.stringify({ evaluation_set_id, name, revision, latest_revision, cases: casesOf(state, revision) });
    }),
});

const Text = Type.Union([Type.String({ maxLength: 200_000 }), Type.Null()]);
const { prompt: _prompt, tests: _tests, ...keptFields } = EvaluationCase.properties;
const FullCase = Type.Object(
  {
    ...keptFields,
    prompt: Text,
    tests: Text,
    prompt_sha256: EvaluationCase.properties.prompt.properties.sha256,
    tests_sha256: Type.Union([EvaluationCase.properties.prompt.properties.sha256, Type.Null()]),
  },
  closed,
);

const caseRoute = route({
  method: 'GET',
  url: `${allCases}/:case`,
  operation: 'getEvaluationCase',
  summary: 'Show a case with the texts of its prompt and its tests',
  tags,
  role: evaluationSetRules.readCases,
  params: CasePath,
  query: RevisionQuery,
  status: 200,
  response: FullCase,
  codes: ['evaluation_set_not_found', 'evaluation_revision_not_found', 'evaluation_case_not_found'],
  examples: {
    params: { ...params, case: keptCase.name },
    response: {
      ...keptCase,
      prompt: toldCase.prompt,
      tests: toldCase.tests,
      prompt_sha256: keptCase.prompt.sha256,
      tests_sha256: keptCase.tests.sha256,
    },
  },
  handler: showCase,
});

const archiveRoute = route({
  method: 'POST',
  url: `${one}/archive`,
  operation: 'archiveEvaluationSet',
  summary: 'Archive an evaluation set: nothing is evaluated by it until it is restored',
  tags,
  role: evaluationSetRules.archive,
  params: SetPath,
  status: 200,
  response: EvaluationSetView,
  codes: ['evaluation_set_not_found'],
  examples: { params, response: { ...example, version: 3, status: 'archived' } },
  handler: (call) => perform(call, { definition: archiveEvaluationSet, command: call.params, render: show(200) }),
});

const restoreRoute = route({
  method: 'POST',
  url: `${one}/restore`,
  operation: 'restoreEvaluationSet',
  summary: 'Take up an archived evaluation set again',
  tags,
  role: evaluationSetRules.archive,
  params: SetPath,
  status: 200,
  response: EvaluationSetView,
  codes: ['evaluation_set_not_found'],
  examples: { params, response: { ...example, version: 4 } },
  handler: (call) => perform(call, { definition: restoreEvaluationSet, command: call.params, render: show(200) }),
});

export const evaluationSetRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  getRoute,
  changeRoute,
  casesRoute,
  caseRoute,
  archiveRoute,
  restoreRoute,
];
