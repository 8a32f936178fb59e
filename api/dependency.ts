// Dependencies over HTTP: between stories, between epics, and the whole graph of a project.
import { type TObject, Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { AddDependencyBody, addDependency, removeDependency } from '../commands/dependency.ts';
import type { Dependencies, DependencyLevel } from '../events/dependency.ts';
import { dependencyRules } from '../policies/dependency.ts';
import {
  dependencyFilters,
  DependencyView,
  findProjectOf,
  listDependencies,
  listProjectDependencies,
  showDependency,
} from '../projections/dependency.ts';
import type { Answer, Call } from './call.ts';
import { EpicPath, missingEpic } from './epic.ts';
import { perform } from './perform.ts';
import { pageOf } from './present.ts';
import { missingProject, ProjectPath } from './project.ts';
import { presentListed, showNothing } from './render.ts';
import { type Route, route } from './route.ts';
import { missingStory, StoryPath } from './story.ts';

const tags = ['dependencies'] as const;

const example = {
  id: '01980f2e-9c4d-7e33-bf50-7c8d9eafb040',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  level: 'story',
  from: { id: '01980f2e-8b3c-7d22-ae4f-6b7c8d9eaf31', number: '1.2' },
  needs: { id: '01980f2e-8b3c-7d22-ae4f-6b7c8d9eaf30', number: '1.1' },
};
const epicExample = {
  ...example,
  level: 'epic',
  from: { id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e21', number: '2' },
  needs: { id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e20', number: '1' },
};

/** What differs between the two levels. */
interface Level {
  readonly level: DependencyLevel;
  readonly url: string;
  readonly path: TObject;
  readonly name: string;
  readonly example: typeof example;
  readonly missing: () => Error;
}

const levels: readonly Level[] = [
  {
    level: 'story',
    url: '/api/v1/stories/:story_id/dependencies',
    path: StoryPath,
    name: 'Story',
    example,
    missing: missingStory,
  },
  {
    level: 'epic',
    url: '/api/v1/epics/:epic_id/dependencies',
    path: EpicPath,
    name: 'Epic',
    example: epicExample,
    missing: missingEpic,
  },
];

function listRoute({ level, url, path, name, example, missing }: Level): Route {
  return route({
    method: 'GET',
    url,
    operation: `list${name}Dependencies`,
    summary: `List what ${level === 'epic' ? 'an epic' : 'a story'} needs and what needs it`,
    tags,
    role: dependencyRules.read,
    params: path,
    query: pageQuery(dependencyFilters),
    status: 200,
    response: listOf(DependencyView),
    codes: [`${level}_not_found`],
    examples: {
      params: { [`${level}_id`]: example.from.id },
      response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' },
    },
    handler: (call) => {
      const place = { level, id: fromId(call, level), ...call.query };
      const listing = listDependencies(call.api.database, call.tenantId, place, pageOf(call));
      return presentListed(call, listing, missing);
    },
  });
}

function addRoute(level: Level): Route {
  const needing = level.level === 'epic' ? 'an epic needs another epic' : 'a story needs another story';
  return route({
    method: 'POST',
    url: level.url,
    operation: `add${level.name}Dependency`,
    summary: `Say that ${needing}`,
    description:
      'Both belong to one project. A dependency that could never be met is refused, with the circle it would close.',
    tags,
    role: dependencyRules.add,
    params: level.path,
    body: AddDependencyBody,
    status: 201,
    response: DependencyView,
    codes: [
      ...archivedCodes(level.level),
      `${level.level}_not_found`,
      'dependency_self',
      'dependency_exists',
      'dependency_cycle',
      'dependency_deadlock',
      'dependency_foreign_project',
      'dependency_limit',
    ],
    examples: {
      params: { [`${level.level}_id`]: level.example.from.id },
      body: { needs: level.example.needs.id },
      response: level.example,
    },
    handler: (call) => add(call, level, call.body.needs),
  });
}

function removeRoute(level: Level): Route {
  return route({
    method: 'DELETE',
    url: `${level.url}/:dependency_id`,
    operation: `remove${level.name}Dependency`,
    summary: `Say that ${level.level === 'epic' ? 'an epic' : 'a story'} no longer needs another one`,
    description: `The last part of the path is the id of the dependency, or that of the ${level.level} that is needed.`,
    tags,
    role: dependencyRules.remove,
    params: Type.Object({ ...level.path.properties, dependency_id: Id }, { additionalProperties: false }),
    status: 204,
    response: Type.Null(),
    codes: [...archivedCodes(level.level), `${level.level}_not_found`, 'dependency_not_found'],
    examples: { params: { [`${level.level}_id`]: level.example.from.id, dependency_id: level.example.id } },
    handler: (call) => remove(call, level),
  });
}

function archivedCodes(level: DependencyLevel): string[] {
  return level === 'epic'
    ? ['epic_archived', 'project_archived']
    : ['story_archived', 'epic_archived', 'project_archived'];
}

function fromId(call: Call, level: DependencyLevel): string {
  return (call.params as Readonly<Record<string, string>>)[`${level}_id`] as string;
}

/** The graph is a stream of the project, which never changes for a story or an epic: it may be read beforehand. */
async function projectOf(call: Call, { level, missing }: Level): Promise<string> {
  const projectId = await findProjectOf(call.api.database, call.tenantId, level, fromId(call, level));
  if (projectId === null) throw missing();
  return projectId;
}

async function add(call: Call, level: Level, needs_id: string): Promise<Answer> {
  const project_id = await projectOf(call, level);
  const from_id = fromId(call, level.level);
  const dependency_id = newId();
  return perform(call, {
    definition: addDependency,
    command: { dependency_id, project_id, level: level.level, from_id, needs_id },
    render: ({ id, state, version, updated_at }) => {
      const edge = (state as Dependencies).needs.get(from_id)?.find((known) => known.dependency_id === dependency_id);
      if (edge === undefined) throw new Error('an added dependency is not in its graph');
      return {
        status: 201,
        body: JSON.stringify(showDependency(edge, { projectId: id, version, addedAt: updated_at })),
      };
    },
  });
}

async function remove(call: Call, level: Level): Promise<Answer> {
  const project_id = await projectOf(call, level);
  const { dependency_id: named } = call.params as { readonly dependency_id: string };
  const command = { project_id, level: level.level, from_id: fromId(call, level.level), named };
  return perform(call, { definition: removeDependency, command, render: showNothing });
}

const graphRoute = route({
  method: 'GET',
  url: '/api/v1/projects/:project_id/dependencies',
  operation: 'listProjectDependencies',
  summary: 'List all dependencies of a project, of stories and of epics, in the order in which they were added',
  tags,
  role: dependencyRules.read,
  params: ProjectPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(DependencyView),
  codes: ['project_not_found'],
  examples: {
    params: { project_id: example.project_id },
    response: { data: [example, epicExample], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: (call) => {
    const { api, tenantId, params } = call;
    const listing = listProjectDependencies(api.database, tenantId, params.project_id, pageOf(call));
    return presentListed(call, listing, missingProject);
  },
});

export const dependencyRoutes: readonly Route[] = [
  ...levels.flatMap((level) => [listRoute(level), addRoute(level), removeRoute(level)]),
  graphRoute,
];
