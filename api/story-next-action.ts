// What a caller may do next with a story, over HTTP. It is decided like a command, at the head of the log, and writes nothing.
import { Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { newId } from '../kernel/id.ts';
import { Id } from '../kernel/shape.ts';
import { nextActs } from '../policies/next-act.ts';
import { requireRole } from '../policies/role.ts';
import { storyOf, storyRules } from '../policies/story.ts';
import { NextActions, showNextActions } from './next-action.ts';
import { type Route, route } from './route.ts';
import { storyExample, StoryPath } from './story.ts';

const NextActionsView = Type.Object({ story_id: Id, next_actions: NextActions }, { additionalProperties: false });

const askNextActions: CommandDefinition<{ readonly story_id: string }> = {
  name: 'AskNextActions',
  // Reading is not bound to the story of a dispatch: of another one, the list is empty.
  subject: () => ({ type: 'dispatch', id: newId() }),
  authorize: (_command, { actor }) => requireRole(storyRules.read, actor),
  decide({ story_id }, world) {
    storyOf(world, story_id);
    return [];
  },
};

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
    async handler({ api, tenantId, actor, requestId, params: { story_id } }) {
      const result = await api.ledger.execute({
        tenantId,
        actor,
        definition: askNextActions,
        command: { story_id },
        correlationId: requestId,
        idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
        expectedVersion: null,
        render: (_subject, world) => {
          const next_actions = showNextActions(api.options.publicUrl, story_id, nextActs(world, story_id));
          return { status: 200, body: JSON.stringify({ story_id, next_actions }) };
        },
      });
      return { status: 200, body: result.body, headers: ['loopledger-position', String(result.position)] };
    },
  }),
];
