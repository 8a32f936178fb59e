// Epics over HTTP.
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  archiveEpic,
  changeEpic,
  ChangeEpicBody,
  createEpic,
  CreateEpicBody,
  deleteEpic,
  restoreEpic,
} from '../commands/epic.ts';
import { epicRefusals, epicRules } from '../policies/epic.ts';
import { EpicView, findEpic, listEpics } from '../projections/epic.ts';
import { statusFilter } from '../projections/status.ts';
import { perform } from './perform.ts';
import { pageOf } from './present.ts';
import { missingProject, ProjectPath } from './project.ts';
import { presentFound, presentListed, showNothing, showObject } from './render.ts';
import { type Route, route } from './route.ts';

export const EpicPath = Type.Object({ epic_id: Id }, { additionalProperties: false });
const url = '/api/v1/epics';
const one = `${url}/:epic_id`;
const ofProject = '/api/v1/projects/:project_id/epics';
const tags = ['epics'] as const;

const example = {
  id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e20',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  number: 1,
  title: 'Launch',
  description: '',
  is_complete: false,
  status: 'active',
};
const params = { epic_id: example.id };
const inProject = { project_id: example.project_id };

export function missingEpic(): Error {
  return epicRefusals.refuse('epic_not_found', 'There is no such epic.');
}

const listRoute = route({
  method: 'GET',
  url: ofProject,
  operation: 'listEpics',
  summary: 'List the epics of a project by number',
  tags,
  role: epicRules.read,
  params: ProjectPath,
  query: pageQuery(statusFilter),
  status: 200,
  response: listOf(EpicView),
  codes: ['project_not_found'],
  examples: { params: inProject, response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: (call) => {
    const { api, tenantId, params, query } = call;
    return presentListed(
      call,
      listEpics(api.database, tenantId, { ...query, ...params }, pageOf(call)),
      missingProject,
    );
  },
});

const createRoute = route({
  method: 'POST',
  url: ofProject,
  operation: 'createEpic',
  summary: 'Add an epic to a project',
  description: 'Without a number it gets the next one. A number is never given twice.',
  tags,
  role: epicRules.create,
  params: ProjectPath,
  body: CreateEpicBody,
  status: 201,
  response: EpicView,
  codes: ['project_not_found', 'project_archived', 'epic_number_taken'],
  examples: { params: inProject, body: { title: 'Launch' }, response: example },
  handler: (call) =>
    perform(call, {
      definition: createEpic,
      command: { ...call.body, ...call.params, epic_id: newId() },
      render: showObject(201),
      location: url,
    }),
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getEpic',
  summary: 'Show an epic',
  tags,
  role: epicRules.read,
  params: EpicPath,
  status: 200,
  response: EpicView,
  codes: ['epic_not_found'],
  examples: { params, response: example },
  handler: (call) => presentFound(call, findEpic(call.api.database, call.tenantId, call.params.epic_id), missingEpic),
});

const changeRoute = route({
  method: 'PATCH',
  url: one,
  operation: 'changeEpic',
  summary: 'Change title or description of an epic',
  tags,
  role: epicRules.change,
  params: EpicPath,
  body: ChangeEpicBody,
  status: 200,
  response: EpicView,
  codes: ['epic_not_found', 'epic_archived', 'project_archived'],
  examples: { params, body: { title: 'Lift-off' }, response: { ...example, version: 2, title: 'Lift-off' } },
  handler: (call) =>
    perform(call, {
      definition: changeEpic,
      command: { ...call.params, changes: call.body },
      render: showObject(200),
    }),
});

const archiveRoute = route({
  method: 'POST',
  url: `${one}/archive`,
  operation: 'archiveEpic',
  summary: 'Archive an epic: nothing in it changes until it is restored',
  tags,
  role: epicRules.archive,
  params: EpicPath,
  status: 200,
  response: EpicView,
  codes: ['epic_not_found', 'project_archived'],
  examples: { params, response: { ...example, version: 2, status: 'archived' } },
  handler: (call) => perform(call, { definition: archiveEpic, command: call.params, render: showObject(200) }),
});

const restoreRoute = route({
  method: 'POST',
  url: `${one}/restore`,
  operation: 'restoreEpic',
  summary: 'Take up an archived epic again',
  tags,
  role: epicRules.archive,
  params: EpicPath,
  status: 200,
  response: EpicView,
  codes: ['epic_not_found', 'project_archived'],
  examples: { params, response: { ...example, version: 3 } },
  handler: (call) => perform(call, { definition: restoreEpic, command: call.params, render: showObject(200) }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'deleteEpic',
  summary: 'Delete an epic that has no stories left and that no epic needs',
  description:
    'What it needed itself is forgotten with it. Its history stays in the log and its number is not given again.',
  tags,
  role: epicRules.delete,
  params: EpicPath,
  status: 204,
  response: Type.Null(),
  codes: ['epic_not_found', 'epic_not_empty', 'epic_has_dependents'],
  examples: { params },
  handler: (call) => perform(call, { definition: deleteEpic, command: call.params, render: showNothing }),
});

export const epicRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  getRoute,
  changeRoute,
  archiveRoute,
  restoreRoute,
  deleteRoute,
];
