// What a caller may do next with a story, over HTTP. It is decided like a command, at the head of the log, and writes nothing.
import { Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { nextActs } from '../policies/next-act.ts';
import { storyOf, storyRules } from '../policies/story.ts';
import { NextActions } from './action.ts';
import { answerFromLedger } from './ask.ts';
import { nextActionsText } from './next-action.ts';
import { type Route, route } from './route.ts';
import { storyExample, StoryPath } from './story.ts';

const NextActionsView = Type.Object({ story_id: Id, next_actions: NextActions }, { additionalProperties: false });

export const storyNextActionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/stories/:story_id/next-actions',
    operation: 'listStoryNextActions',
    summary: 'List the calls that would succeed for this caller now',
    description: 'Acts of custody on one story, derived from the rules that decide them.',
    tags: ['custody'],
    role: storyRules.read,
    params: StoryPath,
    status: 200,
    response: NextActionsView,
    codes: ['story_not_found'],
    examples: {
      params: { story_id: storyExample.id },
      response: { story_id: storyExample.id, next_actions: [] },
    },
    handler(call) {
      const { publicUrl } = call.api.options;
      const { story_id } = call.params;
      return answerFromLedger(call, (world) => {
        storyOf(world, story_id);
        return `{"story_id":"${story_id}","next_actions":${nextActionsText(publicUrl, story_id, nextActs(world, story_id))}}`;
      });
    },
  }),
];
