// What was run to verify a story, over HTTP.
import { storyRules } from '../policies/story.ts';
import { verificationRefusals } from '../policies/verification.ts';
import { findVerification, VerificationView } from '../projections/story-verification.ts';
import { present } from './present.ts';
import { type Route, route } from './route.ts';
import { missingStory, storyExample, StoryPath } from './story.ts';

const runId = '01980f31-5f0a-7c11-9d3e-0b6a8c5d4e21';

export const storyVerificationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/stories/:story_id/verification',
    operation: 'getStoryVerification',
    summary: 'Show what was run to verify a story, and what came of it',
    description:
      'In the present cycle. The statement on it is an in-toto statement in a DSSE envelope, signed with the key of the tenant ' +
      'for `runner`: what was run, on which commit, and which tests were seen to pass.',
    tags: ['custody'],
    role: storyRules.read,
    params: StoryPath,
    status: 200,
    response: VerificationView,
    codes: ['story_not_found', 'verification_not_found'],
    examples: {
      params: { story_id: storyExample.id },
      response: {
        story_id: storyExample.id,
        run_id: runId,
        by: { agent_id: storyExample.id, lineage: [storyExample.id] },
        evidence: 'Every criterion is bound to a test',
        status: 'running',
        reasons: [],
        statement: null,
        envelope: null,
      },
    },
    handler: async (call) => {
      const found = await findVerification(call.api.database, call.tenantId, call.params.story_id);
      if (found === null) throw missingStory();
      if (found === 'none')
        throw verificationRefusals.refuse('verification_not_found', 'Nothing was run for the story.');
      return present(call, found);
    },
  }),
];
