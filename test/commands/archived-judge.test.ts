// An agent that is put away ends what it was sent for, so nobody draws it and nothing of it can act.
import { test } from 'tap';
import { archiveAgent, deleteAgent } from '../../commands/agent.ts';
import { drawJudge, reportStory, requestReview } from '../../commands/story-review.ts';
import { AgentCreated } from '../../events/agent.ts';
import { KeyCreated } from '../../events/key.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { actorOf, everybody, granted, leaseEnd, reviewer, until, worker, workshop } from '../support/custody.ts';
import { given, idOf } from '../support/given.ts';
import { prefix, secretHash } from '../support/tenancy.ts';
import { storyId } from '../support/work.ts';

const { agent_id, dispatchId, lineage, role } = reviewer;
const story_id = storyId('1.1');
const commit = 'abc1234';
const dispatch = { dispatch_id: dispatchId, lineage: [...lineage], story_id: null };
const key = { name: 'five', role, agent_id, prefix, secret_hash: secretHash, expires_at: leaseEnd, dispatch };
const shop: readonly NewEvent[] = [
  ...workshop(...everybody),
  record(AgentCreated, { type: 'agent', id: agent_id }, { name: 'five', description: '' }, null),
  record(KeyCreated, { type: 'key', id: idOf(620_000) }, key, null),
];

for (const [what, definition] of [
  ['archived', archiveAgent],
  ['deleted', deleteAgent],
] as const) {
  test(`an agent that is ${what} is not drawn, and does nothing that it was drawn for`, (t) => {
    const { events: away } = given(t, ...shop).when(definition, { agent_id });
    const request = { story_id, commit };
    const picked = given(t, ...shop, ...until('implementing'))
      .by(actorOf(worker))
      .when(requestReview, request);
    t.ok(picked.events.some(({ type }) => type === 'story.reviewer_picked'));
    const none = given(t, ...shop, ...away, ...until('implementing'))
      .by(actorOf(worker))
      .when(requestReview, request);
    t.ok(none.events.some(({ type }) => type === 'story.reviewer_needed'));
    t.notOk(none.events.some(({ type }) => type === 'draw.picked'));
    const drawn = given(t, ...shop, ...until('in_review'), ...away);
    const report = { story_id, capability: granted('report', reviewer).token };
    drawn.by(actorOf(reviewer)).when(reportStory, report).thenRefused('dispatch_ended');
    drawn.by('user').when(drawJudge, { story_id }).thenRefused('nobody_unrelated');
    t.end();
  });
}
