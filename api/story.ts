// Stories over HTTP. Their criteria, history and queues have files of their own.
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  archiveStory,
  changeStory,
  ChangeStoryBody,
  createStory,
  CreateStoryBody,
  deleteStory,
  restoreStory,
} from '../commands/story.ts';
import { storyRefusals, storyRules } from '../policies/story.ts';
import { findStory, listStories, storyFilters, StoryView } from '../projections/story.ts';
import { EpicPath, missingEpic } from './epic.ts';
import { perform } from './perform.ts';
import { pageOf } from './present.ts';
import { missingProject, ProjectPath } from './project.ts';
import { presentFound, presentListed, showNothing } from './render.ts';
import { showStory } from './story-reply.ts';
import { type Route, route } from './route.ts';

export const StoryPath = Type.Object({ story_id: Id }, { additionalProperties: false });
const url = '/api/v1/stories';
const one = `${url}/:story_id`;
const ofEpic = '/api/v1/epics/:epic_id/stories';
const tags = ['stories'] as const;

export const storyExample = {
  id: '01980f2e-8b3c-7d22-ae4f-6b7c8d9eaf30',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  project_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  epic_id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e20',
  number: '1.1',
  title: 'Fill the tanks',
  description: '',
  priority: 2,
  estimate: null,
  criteria: [{ text: 'Both tanks read full', binding: 'test:tanks are full' }],
  criteria_revision: 1,
  agent_status: 'pending',
  verified_status: 'unverified',
  verified_method: null,
  custody: null,
  status: 'active',
};
const example = storyExample;
const params = { story_id: example.id };
const page = { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' };

export function missingStory(): Error {
  return storyRefusals.refuse('story_not_found', 'There is no such story.');
}

const listOfProjectRoute = route({
  method: 'GET',
  url: '/api/v1/projects/:project_id/stories',
  operation: 'listProjectStories',
  summary: 'List the stories of a project by number',
  tags,
  role: storyRules.read,
  params: ProjectPath,
  query: pageQuery(storyFilters),
  status: 200,
  response: listOf(StoryView),
  codes: ['project_not_found'],
  examples: { params: { project_id: example.project_id }, response: page },
  handler: (call) => {
    const { api, tenantId, params: place, query } = call;
    return presentListed(call, listStories(api.database, tenantId, { ...query, place }, pageOf(call)), missingProject);
  },
});

const listOfEpicRoute = route({
  method: 'GET',
  url: ofEpic,
  operation: 'listEpicStories',
  summary: 'List the stories of an epic by number',
  tags,
  role: storyRules.read,
  params: EpicPath,
  query: pageQuery(storyFilters),
  status: 200,
  response: listOf(StoryView),
  codes: ['epic_not_found'],
  examples: { params: { epic_id: example.epic_id }, response: page },
  handler: (call) => {
    const { api, tenantId, params: place, query } = call;
    return presentListed(call, listStories(api.database, tenantId, { ...query, place }, pageOf(call)), missingEpic);
  },
});

const createRoute = route({
  method: 'POST',
  url: ofEpic,
  operation: 'createStory',
  summary: 'Add a story to an epic',
  description: 'Without a number it gets the next one. A number is never given twice.',
  tags,
  role: storyRules.create,
  params: EpicPath,
  body: CreateStoryBody,
  status: 201,
  response: StoryView,
  codes: [
    'epic_not_found',
    'epic_archived',
    'project_archived',
    'story_quota_reached',
    'story_number_taken',
    'story_number_foreign',
  ],
  examples: {
    params: { epic_id: example.epic_id },
    body: { title: example.title, criteria: example.criteria },
    response: example,
  },
  handler: (call) =>
    perform(call, {
      definition: createStory,
      command: { ...call.body, ...call.params, story_id: newId() },
      render: showStory(201),
      location: url,
    }),
});

const getRoute = route({
  method: 'GET',
  url: one,
  operation: 'getStory',
  summary: 'Show a story',
  tags,
  role: storyRules.read,
  params: StoryPath,
  status: 200,
  response: StoryView,
  codes: ['story_not_found'],
  examples: { params, response: example },
  handler: (call) =>
    presentFound(call, findStory(call.api.database, call.tenantId, call.params.story_id), missingStory),
});

const changeRoute = route({
  method: 'PATCH',
  url: one,
  operation: 'changeStory',
  summary: 'Change title, description, priority or estimate of a story',
  description: 'Criteria have a route of their own, because every change of them is a revision.',
  tags,
  role: storyRules.change,
  params: StoryPath,
  body: ChangeStoryBody,
  status: 200,
  response: StoryView,
  codes: ['story_not_found', 'story_archived', 'epic_archived', 'project_archived'],
  examples: { params, body: { priority: 1 }, response: { ...example, version: 2, priority: 1 } },
  handler: (call) =>
    perform(call, {
      definition: changeStory,
      command: { ...call.params, changes: call.body },
      render: showStory(200),
    }),
});

const archiveRoute = route({
  method: 'POST',
  url: `${one}/archive`,
  operation: 'archiveStory',
  summary: 'Archive a story: it does not change until it is restored, and blocks what needs it',
  tags,
  role: storyRules.archive,
  params: StoryPath,
  status: 200,
  response: StoryView,
  codes: ['story_not_found', 'epic_archived', 'project_archived'],
  examples: { params, response: { ...example, version: 2, status: 'archived' } },
  handler: (call) => perform(call, { definition: archiveStory, command: call.params, render: showStory(200) }),
});

const restoreRoute = route({
  method: 'POST',
  url: `${one}/restore`,
  operation: 'restoreStory',
  summary: 'Take up an archived story again',
  tags,
  role: storyRules.archive,
  params: StoryPath,
  status: 200,
  response: StoryView,
  codes: ['story_not_found', 'epic_archived', 'project_archived'],
  examples: { params, response: { ...example, version: 3 } },
  handler: (call) => perform(call, { definition: restoreStory, command: call.params, render: showStory(200) }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: one,
  operation: 'deleteStory',
  summary: 'Delete a story that no other story needs',
  description:
    'What it needed itself is forgotten with it. Its history stays in the log and its number is not given again.',
  tags,
  role: storyRules.delete,
  params: StoryPath,
  status: 204,
  response: Type.Null(),
  codes: ['story_not_found', 'story_has_dependents', 'tenant_halted'],
  examples: { params },
  handler: (call) => perform(call, { definition: deleteStory, command: call.params, render: showNothing }),
});

export const storyRoutes: readonly Route[] = [
  listOfProjectRoute,
  listOfEpicRoute,
  createRoute,
  getRoute,
  changeRoute,
  archiveRoute,
  restoreRoute,
  deleteRoute,
];
