// The queues of work over HTTP: what could be begun now, and what waits for what.
import { listOf, pageQuery } from '../kernel/page.ts';
import { storyRules } from '../policies/story.ts';
import {
  BlockedStoryView,
  listBlocked,
  listMine,
  listProjectBlocked,
  listProjectReady,
  listReady,
} from '../projections/story-queue.ts';
import { StoryView } from '../projections/story.ts';
import { pageOf, presentList } from './present.ts';
import { missingProject, ProjectPath } from './project.ts';
import { presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { storyExample } from './story.ts';

const shared = { method: 'GET', tags: ['queues'], role: storyRules.read, query: pageQuery({}), status: 200 } as const;
const ofProject = { ...shared, params: ProjectPath, codes: ['project_not_found'] } as const;
const params = { project_id: storyExample.project_id };
const cursors = { next_cursor: null, changes_cursor: 'c2VhbGVk' };
const blocker = {
  level: 'epic',
  id: '01980f2e-7a2b-7c11-9d3e-5a6b7c8d9e21',
  number: '2',
  title: 'Countdown',
  status: 'active',
};
const readyPage = { data: [storyExample], ...cursors };
const blockedPage = { data: [{ ...storyExample, blockers: [blocker] }], ...cursors };

const readyRule =
  'Ready is a story that nobody has begun and that is not archived, nor is its epic or project, when every story that ' +
  'it needs is verified and every epic that its epic needs is complete. In the order of projects and numbers.';
const blockedRule = 'Each with the stories and epics that it waits for. An archived one goes on blocking.';

export const storyQueueRoutes: readonly Route[] = [
  route({
    ...shared,
    url: '/api/v1/stories/ready',
    operation: 'listReadyStories',
    summary: 'List the stories of all projects that could be begun now',
    description: readyRule,
    response: listOf(StoryView),
    codes: [],
    examples: { response: readyPage },
    handler: async (call) => presentList(call, await listReady(call.api.database, call.tenantId, pageOf(call))),
  }),
  route({
    ...shared,
    url: '/api/v1/stories/mine',
    operation: 'listOwnStories',
    summary: 'List the stories that the dispatch of the caller claimed, reviews or verifies',
    description: 'Until they are verified. Whoever has no dispatch has none.',
    response: listOf(StoryView),
    codes: [],
    examples: { response: readyPage },
    handler: async (call) => {
      const { api, tenantId, actor } = call;
      return presentList(call, await listMine(api.database, tenantId, actor.lineage.at(-1) ?? null, pageOf(call)));
    },
  }),
  route({
    ...shared,
    url: '/api/v1/stories/blocked',
    operation: 'listBlockedStories',
    summary: 'List the stories of all projects that wait for others',
    description: blockedRule,
    response: listOf(BlockedStoryView),
    codes: [],
    examples: { response: blockedPage },
    handler: async (call) => presentList(call, await listBlocked(call.api.database, call.tenantId, pageOf(call))),
  }),
  route({
    ...ofProject,
    url: '/api/v1/projects/:project_id/stories/ready',
    operation: 'listProjectReadyStories',
    summary: 'List the stories of a project that could be begun now',
    description: readyRule,
    response: listOf(StoryView),
    examples: { params, response: readyPage },
    handler: (call) => {
      const listing = listProjectReady(call.api.database, call.tenantId, call.params.project_id, pageOf(call));
      return presentListed(call, listing, missingProject);
    },
  }),
  route({
    ...ofProject,
    url: '/api/v1/projects/:project_id/stories/blocked',
    operation: 'listProjectBlockedStories',
    summary: 'List the stories of a project that wait for others',
    description: blockedRule,
    response: listOf(BlockedStoryView),
    examples: { params, response: blockedPage },
    handler: (call) => {
      const listing = listProjectBlocked(call.api.database, call.tenantId, call.params.project_id, pageOf(call));
      return presentListed(call, listing, missingProject);
    },
  }),
];
