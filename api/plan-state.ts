// Plan states over HTTP, where they are called checkpoints: what an orchestrator goes on from.
import { hash } from 'node:crypto';
import { Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { deletePlanState, savePlanState, SavePlanStateBody } from '../commands/plan-state.ts';
import { PlanStateKey } from '../events/plan-state.ts';
import { planStateRefusals, planStateRules } from '../policies/plan-state.ts';
import {
  findPlanState,
  findPlanStateVersion,
  listPlanStates,
  listPlanStateVersions,
  PlanStateItem,
  type PlanStatePlace,
  PlanStateVersion,
  PlanStateVersionItem,
  PlanStateView,
} from '../projections/plan-state.ts';
import { perform } from './perform.ts';
import { pageOf } from './present.ts';
import { missingProject, ProjectPath } from './project.ts';
import { presentFound, presentListed, showNothing } from './render.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const KeyPath = Type.Object({ project_id: Id, key: PlanStateKey }, closed);
const VersionNumber = Type.String({ pattern: '^[1-9]\\d{0,8}$', maxLength: 9 });
const VersionPath = Type.Object({ project_id: Id, key: PlanStateKey, version: VersionNumber }, closed);

const url = '/api/v1/projects/:project_id/checkpoints';
const one = `${url}/:key`;
const tags = ['checkpoints'] as const;

const params = { project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10', key: 'planner' };
const at = '2026-01-02T03:04:05.678Z';
const key_id = '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d03';
const state = { wave: 2, waiting_for: ['1.2'] };
const example = { ...params, version: 3, created_at: at, updated_at: at, state };
const codes = ['plan_state_not_found'] as const;

function missing(): Error {
  return planStateRefusals.refuse('plan_state_not_found', 'There is no such state.');
}

/** One stream for a project and a key, whoever saves first: derived, so that two who do it at once meet in it. */
function placed<Place extends PlanStatePlace>(place: Place): Place & { readonly plan_state_id: string } {
  const hex = hash('sha256', `${place.project_id}/${place.key}`, 'hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return { ...place, plan_state_id: parts.join('-') };
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listPlanStates',
  summary: 'List the keys under which a project keeps states, without the states',
  tags,
  role: planStateRules.read,
  params: ProjectPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(PlanStateItem),
  codes: ['project_not_found'],
  examples: {
    params: { project_id: params.project_id },
    response: {
      data: [{ ...params, version: 3, created_at: at, updated_at: at, bytes: 35 }],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: (call) => {
    const { api, tenantId, params } = call;
    return presentListed(call, listPlanStates(api.database, tenantId, params.project_id, pageOf(call)), missingProject);
  },
});

const saveRoute = route({
  method: 'PUT',
  url: one,
  operation: 'savePlanState',
  summary: 'Save a state under a key of a project, as its next version',
  description:
    'Any JSON object of at most 48 KiB. The same state again is no new version. `If-Match` keeps two from overwriting each other.',
  tags,
  role: planStateRules.save,
  params: KeyPath,
  body: SavePlanStateBody,
  status: 200,
  response: PlanStateView,
  codes: ['project_not_found', 'project_archived', 'plan_state_too_large'],
  examples: { params, body: { state }, response: example },
  handler: (call) =>
    perform(call, {
      definition: savePlanState,
      command: { ...placed(call.params), ...call.body },
      render: ({ version, created_at, updated_at, state: held }) => {
        const { state } = held as { readonly state: unknown };
        return { status: 200, body: JSON.stringify({ ...call.params, version, created_at, updated_at, state }) };
      },
    }),
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getPlanState',
  summary: 'Show the state that a project keeps under a key',
  tags,
  role: planStateRules.read,
  params: KeyPath,
  status: 200,
  response: PlanStateView,
  codes,
  examples: { params, response: example },
  handler: (call) => presentFound(call, findPlanState(call.api.database, call.tenantId, call.params), missing),
});

const deleteRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'deletePlanState',
  summary: 'Delete the state under a key',
  description: 'Its versions can still be read, and go on if something is saved under the key again.',
  tags,
  role: planStateRules.delete,
  params: KeyPath,
  status: 204,
  response: Type.Null(),
  codes: ['project_not_found', 'project_archived', 'plan_state_not_found'],
  examples: { params },
  handler: (call) => perform(call, { definition: deletePlanState, command: placed(call.params), render: showNothing }),
});

const versionsRoute = route({
  method: 'GET',
  url: `${one}/versions`,
  operation: 'listPlanStateVersions',
  summary: 'List all versions of a state, from the first',
  tags,
  role: planStateRules.read,
  params: KeyPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(PlanStateVersionItem),
  codes,
  examples: {
    params,
    response: {
      data: [{ version: 1, saved_at: at, key_id, deleted: false }],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: (call) =>
    presentListed(call, listPlanStateVersions(call.api.database, call.tenantId, call.params, pageOf(call)), missing),
});

const versionRoute = route({
  method: 'GET',
  url: `${one}/versions/:version`,
  operation: 'getPlanStateVersion',
  summary: 'Show a state as it was in one of its versions',
  description: '`state` is null in a version that deleted it.',
  tags,
  role: planStateRules.read,
  params: VersionPath,
  status: 200,
  response: PlanStateVersion,
  codes,
  examples: { params: { ...params, version: '3' }, response: { ...params, version: 3, saved_at: at, key_id, state } },
  handler: (call) => {
    const { version, ...place } = call.params;
    return presentFound(call, findPlanStateVersion(call.api.database, call.tenantId, place, Number(version)), missing);
  },
});

export const planStateRoutes: readonly Route[] = [
  listRoute,
  saveRoute,
  getRoute,
  deleteRoute,
  versionsRoute,
  versionRoute,
];
