// Runs over HTTP: asking for them, seeing how they fare, ending them.
import { type Static, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { approveRun, cancelRun, requestRun, RequestRunBody, retryRun } from '../commands/run.ts';
import type { Run } from '../events/run.ts';
import { runRefusals, runRules } from '../policies/run.ts';
import { findRun, listRuns, runFilters, RunSummary, runText, RunView } from '../projections/run.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { putContent } from '../sql/content.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';

export const RunPath = Type.Object({ run_id: Id }, { additionalProperties: false });
const url = '/api/v1/runs';
export const oneRun = `${url}/:run_id`;
const tags = ['runs'] as const;

export const runExample = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  prompt: 'Write add(a, b), which adds two numbers.',
  kind: 'solve',
  asked_by: { agent_id: null, role: 'orchestrator' },
  status: 'queued',
  project_id: null,
  story_id: null,
  language: 'python',
  has_tests: true,
  model: null,
  tiers: ['docker', 'bubblewrap', 'wasm'],
  limits: {
    max_repairs: 3,
    max_calls: 40,
    cap_micros: null,
    deadline_s: 600,
    wall_ms: 10_000,
    memory_bytes: 268_435_456,
  },
  classify: 'heuristic',
  tools: ['run_code'],
  needs_approval: false,
  retry_of: null,
  labels: { benchmark: 'custom' },
  is_cancelling: false,
  deadline_at: null,
  resting: null,
  complexity: null,
  subtasks: null,
  candidates: [],
  calls: 0,
  cost_micros: 0,
  outcome: null,
};
const { prompt: _prompt, ...summary } = runExample;
/** As lists show it. */
export const runSummaryExample = summary;
export const runParams = { run_id: runExample.id };
const cancelled = { reason: 'cancelled', best: null, detail: '' };

export function missingRun(): Error {
  return runRefusals.refuse('run_not_found', 'There is no such run.');
}

function show(status: 200 | 201): ExecuteRequest['render'] {
  return ({ id, version, created_at, updated_at, state }) => ({
    status,
    body: JSON.stringify({ id, version, created_at, updated_at, ...runText(state as Run) }),
  });
}

async function request(call: Call<unknown, unknown, Static<typeof RequestRunBody>>): Promise<Answer> {
  const { tests, ...body } = call.body;
  const kept = tests === undefined ? null : await putContent(call.api.database, call.tenantId, Buffer.from(tests));
  return perform(call, {
    definition: requestRun,
    command: { ...body, run_id: newId(), tests: kept },
    render: show(201),
    location: url,
  });
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listRuns',
  summary: 'List runs, the latest first',
  tags,
  role: runRules.read,
  query: pageQuery(runFilters),
  status: 200,
  response: listOf(RunSummary),
  codes: [],
  examples: {
    query: { status: 'queued', label: 'benchmark:custom' },
    response: { data: [runSummaryExample], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: async (call) =>
    presentList(call, await listRuns(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const requestRoute = route({
  method: 'POST',
  url,
  operation: 'requestRun',
  summary: 'Ask for code to be written, executed, reviewed and repaired until its tests pass',
  description:
    'A worker takes the run as soon as the tenant has one to spare. What happens is told by events of the run; ' +
    '`GET /api/v1/runs/{run_id}/steps` lists them. The tests are never shown to a model.',
  tags,
  role: runRules.request,
  body: RequestRunBody,
  status: 201,
  response: RunView,
  codes: [
    'run_limit',
    'run_story_elsewhere',
    'project_not_found',
    'story_not_found',
    'story_archived',
    'epic_archived',
    'project_archived',
    'tenant_not_found',
    'tenant_suspended',
  ],
  examples: {
    body: {
      prompt: runExample.prompt,
      language: 'python',
      tests: 'assert add(1, 2) == 3',
      labels: runExample.labels,
    },
    response: runExample,
  },
  handler: request,
});

const getRoute = route({
  method: 'GET',
  url: oneRun,
  operation: 'getRun',
  summary: 'Show a run: where it stands, what was tried, what it cost',
  tags,
  role: runRules.read,
  params: RunPath,
  status: 200,
  response: RunView,
  codes: ['run_not_found'],
  examples: { params: runParams, response: runExample },
  handler: (call) => presentFound(call, findRun(call.api.database, call.tenantId, call.params.run_id), missingRun),
});

const approveRoute = route({
  method: 'POST',
  url: `${oneRun}/approve`,
  operation: 'approveRun',
  summary: 'Let a run begin that waits for a person',
  tags,
  role: runRules.approve,
  params: RunPath,
  status: 200,
  response: RunView,
  codes: ['run_not_found', 'run_ended', 'run_not_waiting'],
  examples: { params: runParams, response: { ...runExample, version: 2, needs_approval: true } },
  handler: (call) => perform(call, { definition: approveRun, command: call.params, render: show(200) }),
});

const cancelRoute = route({
  method: 'POST',
  url: `${oneRun}/cancel`,
  operation: 'cancelRun',
  summary: 'End a run',
  description: 'Where a worker is at it, the worker ends it, within two seconds; `is_cancelling` is true until then.',
  tags,
  role: runRules.cancel,
  params: RunPath,
  status: 200,
  response: RunView,
  codes: ['run_not_found', 'run_ended'],
  examples: { params: runParams, response: { ...runExample, version: 2, status: 'cancelled', outcome: cancelled } },
  handler: (call) => perform(call, { definition: cancelRun, command: call.params, render: show(200) }),
});

const retryRoute = route({
  method: 'POST',
  url: `${oneRun}/retry`,
  operation: 'retryRun',
  summary: 'Ask for the same again, as a run of its own',
  tags,
  role: runRules.retry,
  params: RunPath,
  status: 201,
  response: RunView,
  codes: ['run_not_found', 'run_not_ended', 'run_not_repeatable', 'run_limit', 'tenant_not_found', 'tenant_suspended'],
  examples: { params: runParams, response: { ...runExample, retry_of: runExample.id } },
  handler: (call) =>
    perform(call, {
      definition: retryRun,
      command: { run_id: newId(), of: call.params.run_id },
      render: show(201),
      location: url,
    }),
});

export const runRoutes: readonly Route[] = [listRoute, requestRoute, getRoute, approveRoute, cancelRoute, retryRoute];
