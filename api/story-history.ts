// The history of a story over HTTP.
import { listOf, pageQuery } from '../kernel/page.ts';
import { storyRules } from '../policies/story.ts';
import { eventExample, EventView } from '../projections/event.ts';
import { listStoryHistory } from '../projections/story-history.ts';
import { pageOf } from './present.ts';
import { presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { missingStory, storyExample, StoryPath } from './story.ts';

export const storyHistoryRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/stories/:story_id/history',
    operation: 'listStoryHistory',
    summary: 'List everything that happened to a story, from its beginning',
    description: 'Events as the change feed shows them. A deleted story keeps its history.',
    tags: ['stories'],
    role: storyRules.read,
    params: StoryPath,
    query: pageQuery({}),
    status: 200,
    response: listOf(EventView),
    codes: ['story_not_found'],
    examples: {
      params: { story_id: storyExample.id },
      response: { data: [eventExample], next_cursor: null, changes_cursor: 'c2VhbGVk' },
    },
    handler: (call) => {
      const { api, tenantId, params } = call;
      return presentListed(call, listStoryHistory(api.database, tenantId, params.story_id, pageOf(call)), missingStory);
    },
  }),
];
