// Acceptance criteria of a story over HTTP: replaced as a whole, kept in every revision.
import { reviseCriteria, ReviseCriteriaBody } from '../commands/story.ts';
import { storyRefusals, storyRules } from '../policies/story.ts';
import { criteriaQuery, CriteriaView, findCriteria } from '../projections/story-criteria.ts';
import { StoryView } from '../projections/story.ts';
import { perform } from './perform.ts';
import { present } from './present.ts';
import { type Route, route } from './route.ts';
import { showStory } from './story-reply.ts';
import { missingStory, storyExample, StoryPath } from './story.ts';

const url = '/api/v1/stories/:story_id/criteria';
const tags = ['stories'] as const;
const params = { story_id: storyExample.id };

const getRoute = route({
  method: 'GET',
  url,
  operation: 'getStoryCriteria',
  summary: 'Show the acceptance criteria of a story, in their latest or an earlier revision',
  tags,
  role: storyRules.read,
  params: StoryPath,
  query: criteriaQuery,
  status: 200,
  response: CriteriaView,
  codes: ['story_not_found', 'story_revision_not_found'],
  examples: {
    params,
    query: { revision: 1 },
    response: {
      story_id: storyExample.id,
      revision: 1,
      latest_revision: 1,
      revised_at: storyExample.created_at,
      criteria: storyExample.criteria,
    },
  },
  handler: async (call) => {
    const { api, tenantId, params, query } = call;
    const found = await findCriteria(api.database, tenantId, params.story_id, query.revision ?? null);
    if (found === null) throw missingStory();
    if (found !== 'unknown') return present(call, found);
    throw storyRefusals.refuse('story_revision_not_found', `The story has no revision ${query.revision}.`);
  },
});

const putRoute = route({
  method: 'PUT',
  url,
  operation: 'reviseStoryCriteria',
  summary: 'Replace the acceptance criteria of a story by a new revision',
  description:
    'The same criteria again change nothing. In a halt, those of a story that somebody took on stay as they are.',
  tags,
  role: storyRules.change,
  params: StoryPath,
  body: ReviseCriteriaBody,
  status: 200,
  response: StoryView,
  codes: ['story_not_found', 'story_archived', 'epic_archived', 'project_archived', 'tenant_halted'],
  examples: {
    params,
    body: { criteria: storyExample.criteria },
    response: { ...storyExample, version: 2, criteria_revision: 2 },
  },
  handler: (call) =>
    perform(call, {
      definition: reviseCriteria,
      command: { ...call.body, ...call.params },
      render: showStory(200),
    }),
});

export const storyCriteriaRoutes: readonly Route[] = [getRoute, putRoute];
