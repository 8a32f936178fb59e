// Projects over HTTP.
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  archiveProject,
  changeProject,
  ChangeProjectBody,
  createProject,
  CreateProjectBody,
  deleteProject,
  restoreProject,
  setVerification,
  SetVerificationBody,
} from '../commands/project.ts';
import { projectRefusals, projectRules } from '../policies/project.ts';
import { findProject, listProjects, projectFilters, ProjectView } from '../projections/project.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing, showObject } from './render.ts';
import { type Route, route } from './route.ts';

export const ProjectPath = Type.Object({ project_id: Id }, { additionalProperties: false });
const url = '/api/v1/projects';
const one = `${url}/:project_id`;
const tags = ['projects'] as const;

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'Orbit',
  slug: 'orbit',
  description: '',
  verification: null,
  status: 'active',
};
const params = { project_id: example.id };

export function missingProject(): Error {
  return projectRefusals.refuse('project_not_found', 'There is no such project.');
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listProjects',
  summary: 'List projects in the order in which they were created',
  tags,
  role: projectRules.read,
  query: pageQuery(projectFilters),
  status: 200,
  response: listOf(ProjectView),
  codes: [],
  examples: { response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) => {
    const { database } = call.api;
    return presentList(call, await listProjects(database, call.tenantId, call.query, pageOf(call)));
  },
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createProject',
  summary: 'Create a project',
  tags,
  role: projectRules.create,
  body: CreateProjectBody,
  status: 201,
  response: ProjectView,
  codes: ['project_slug_taken'],
  examples: { body: { name: 'Orbit', slug: 'orbit' }, response: example },
  handler: (call) =>
    perform(call, {
      definition: createProject,
      command: { ...call.body, project_id: newId() },
      render: showObject(201),
      location: url,
    }),
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getProject',
  summary: 'Show a project',
  tags,
  role: projectRules.read,
  params: ProjectPath,
  status: 200,
  response: ProjectView,
  codes: ['project_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(call, findProject(call.api.database, call.tenantId, call.params.project_id), missingProject),
});

const changeRoute = route({
  method: 'PATCH',
  url: one,
  operation: 'changeProject',
  summary: 'Change name or description of a project',
  description: 'The slug stays for good.',
  tags,
  role: projectRules.change,
  params: ProjectPath,
  body: ChangeProjectBody,
  status: 200,
  response: ProjectView,
  codes: ['project_not_found', 'project_archived'],
  examples: { params, body: { name: 'Orbit 2' }, response: { ...example, version: 2, name: 'Orbit 2' } },
  handler: (call) =>
    perform(call, {
      definition: changeProject,
      command: { project_id: call.params.project_id, changes: call.body },
      render: showObject(200),
    }),
});

const archiveRoute = route({
  method: 'POST',
  url: `${one}/archive`,
  operation: 'archiveProject',
  summary: 'Archive a project: nothing in it changes until it is restored',
  tags,
  role: projectRules.archive,
  params: ProjectPath,
  status: 200,
  response: ProjectView,
  codes: ['project_not_found'],
  examples: { params, response: { ...example, version: 2, status: 'archived' } },
  handler: (call) => perform(call, { definition: archiveProject, command: call.params, render: showObject(200) }),
});

const restoreRoute = route({
  method: 'POST',
  url: `${one}/restore`,
  operation: 'restoreProject',
  summary: 'Take up an archived project again',
  tags,
  role: projectRules.archive,
  params: ProjectPath,
  status: 200,
  response: ProjectView,
  codes: ['project_not_found'],
  examples: { params, response: { ...example, version: 3 } },
  handler: (call) => perform(call, { definition: restoreProject, command: call.params, render: showObject(200) }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'deleteProject',
  summary: 'Delete a project that has no epics left',
  description: 'Needs a step-up. Its history stays in the log.',
  tags,
  role: projectRules.delete,
  params: ProjectPath,
  status: 204,
  response: Type.Null(),
  codes: ['project_not_found', 'project_not_empty', 'step_up_required'],
  examples: { params },
  handler: (call) => perform(call, { definition: deleteProject, command: call.params, render: showNothing }),
});

const verification = {
  mode: 'executed',
  git_remote: 'https://git.example.com/orbit.git',
  tests_ref: 'main',
  tests_folder: 'tests',
  base: 'tests_ref',
  runner: 'pytest',
} as const;

const setVerificationRoute = route({
  method: 'PUT',
  url: `${one}/verification`,
  operation: 'setProjectVerification',
  summary: 'Say how the stories of a project are verified',
  description:
    'By the word of the verifier (`attested`), or by fetching what was handed in and running the tests that its criteria name ' +
    '(`executed`). The tests are those of `tests_ref`, which should be out of reach for those who do the work.',
  tags,
  role: projectRules.setVerification,
  params: ProjectPath,
  body: SetVerificationBody,
  status: 200,
  response: ProjectView,
  codes: ['project_not_found', 'project_archived', 'project_remote_refused'],
  examples: { params, body: verification, response: { ...example, version: 2, verification } },
  handler: (call) =>
    perform(call, {
      definition: setVerification,
      command: { ...call.params, verification: call.body, allow_local: call.api.options.gitAllowLocal },
      render: showObject(200),
    }),
});

export const projectRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  getRoute,
  changeRoute,
  setVerificationRoute,
  archiveRoute,
  restoreRoute,
  deleteRoute,
];
