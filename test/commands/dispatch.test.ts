import { test } from 'tap';
import { archiveAgent, deleteAgent } from '../../commands/agent.ts';
import { createDispatch, type CreateDispatch, revokeDispatch } from '../../commands/dispatch.ts';
import { revokeKey } from '../../commands/key.ts';
import { AgentArchived, AgentDeleted } from '../../events/agent.ts';
import { KeyExpired } from '../../events/key.ts';
import type { Actor } from '../../kernel/actor.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from '../support/given.ts';
import {
  agentCreated,
  agentRef,
  dispatched,
  dispatchRevoked,
  endOfHour,
  founded,
  keyCreated,
  keyRef,
  prefix,
  secretHash,
  startOfHour,
} from '../support/tenancy.ts';
import { plan, storyId } from '../support/work.ts';

const base = [founded, agentCreated(1), agentCreated(2), agentCreated(3), ...plan()];

/** Who holds the key of the dispatch at the end of the line. */
function sent(line: readonly number[], role: Actor['role'] = 'orchestrator'): Actor {
  return { kind: 'key', key_id: idOf(1), agent_id: idOf(1), role, lineage: line.map(idOf) };
}

const user: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [] };
const person: Actor = { ...user, step_up: { authenticator_id: idOf(7), act: 'createDispatch' } };

function create(number: number, told: Partial<CreateDispatch> = {}): CreateDispatch {
  return {
    dispatch_id: idOf(number),
    parent: null,
    role: 'orchestrator',
    agent_id: idOf(1),
    expires_in: 3_600,
    key: { key_id: idOf(number + 1_000), prefix, secret_hash: secretHash },
    ...told,
  };
}

test('a root is minted by a user with an authenticator, and by nobody else', (t) => {
  given(t, ...base)
    .by(person)
    .at(startOfHour)
    .when(createDispatch, create(10))
    .thenEvents(...dispatched([10]));
  const mint = (actor: Actor) =>
    given(t, ...base)
      .by(actor)
      .at(startOfHour)
      .when(createDispatch, create(10));
  mint(user).thenRefused('step_up_required');
  mint({ ...person, step_up: { authenticator_id: idOf(7), act: 'revokeKey' } }).thenRefused('step_up_required');
  mint({ ...person, role: 'orchestrator' }).thenRefused('role_forbidden');
  mint({ ...sent([10]), role: 'agent' }).thenRefused('role_forbidden');
  mint({ ...user, role: 'superadmin' }).thenRefused('step_up_required');
  t.end();
});

test('a child follows its parent in lineage, and ends with it at the latest', (t) => {
  const command = create(11, { parent: idOf(10), role: 'agent', agent_id: idOf(2) });
  const root = dispatched([10]);
  given(t, ...base, ...root)
    .by(sent([10]))
    .at(startOfHour)
    .when(createDispatch, { ...command, expires_in: 60 })
    .thenEvents(...dispatched([10, 11], { role: 'agent', agent: 2, expires_at: '2026-03-01T00:01:00.000Z' }));
  given(t, ...base, ...root)
    .by(sent([10]))
    .at(startOfHour)
    .when(createDispatch, { ...command, expires_in: 14_400 })
    .thenEvents(...dispatched([10, 11], { role: 'agent', agent: 2, expires_at: endOfHour }));
  t.end();
});

test('the parent is the dispatch of the caller or came from it', (t) => {
  const family = [
    ...dispatched([10]),
    ...dispatched([10, 11], { agent: 2 }),
    ...dispatched([20], { agent: 3, role: 'agent' }),
  ];
  const under = (actor: Actor, parent: number) =>
    given(t, ...base, agentCreated(4), ...family)
      .by(actor)
      .at(startOfHour)
      .when(createDispatch, create(12, { parent: idOf(parent), role: 'agent', agent_id: idOf(4) }));
  under(sent([10]), 11).thenEvents(...dispatched([10, 11, 12], { role: 'agent', agent: 4 }));
  under(sent([10, 11]), 10).thenRefused('dispatch_parent_foreign');
  under(sent([10]), 20).thenRefused('dispatch_parent_foreign');
  under(sent([20], 'agent'), 10).thenRefused('dispatch_parent_foreign');
  under(sent([10]), 99).thenRefused('dispatch_not_found');
  under(user, 10).thenRefused('dispatch_required');
  under(person, 10).thenRefused('dispatch_required');
  t.end();
});

test('a lineage that is empty, truncated, made longer or of another role is that of nobody', (t) => {
  const family = [...dispatched([10]), ...dispatched([10, 11], { agent: 2, role: 'agent' })];
  const as = (actor: Actor) =>
    given(t, ...base, ...family)
      .by(actor)
      .at(startOfHour)
      .when(createDispatch, create(12, { parent: idOf(11), role: 'agent', agent_id: idOf(3) }));
  as(sent([10, 11], 'agent')).thenEvents(...dispatched([10, 11, 12], { role: 'agent', agent: 3 }));
  as(sent([], 'agent')).thenRefused('dispatch_required');
  as(sent([11], 'agent')).thenRefused('dispatch_lineage_broken');
  as(sent([10, 9, 11], 'agent')).thenRefused('dispatch_lineage_broken');
  as(sent([99], 'agent')).thenRefused('dispatch_lineage_broken');
  as(sent([10, 11], 'orchestrator')).thenRefused('dispatch_lineage_broken');
  t.end();
});

test('a child has at most the role of its parent', (t) => {
  given(t, ...base, ...dispatched([10], { role: 'agent' }))
    .by(sent([10], 'agent'))
    .at(startOfHour)
    .when(createDispatch, create(11, { parent: idOf(10), role: 'orchestrator', agent_id: idOf(2) }))
    .thenRefused('dispatch_role_raised');
  t.end();
});

test('nobody is sent from a dispatch that is revoked or expired, nor by one', (t) => {
  const command = create(12, { parent: idOf(11), role: 'agent', agent_id: idOf(3) });
  const family = [...dispatched([10]), ...dispatched([10, 11], { agent: 2 })];
  const at = (now: string, ...more: typeof family) =>
    given(t, ...base, ...family, ...more)
      .by(sent([10]))
      .at(now)
      .when(createDispatch, command);
  at(startOfHour).thenEvents(...dispatched([10, 11, 12], { role: 'agent', agent: 3 }));
  at(endOfHour).thenRefused('dispatch_ended');
  at(startOfHour, ...dispatchRevoked([10, 11], 11, 2)).thenRefused('dispatch_ended');
  at(startOfHour, ...dispatchRevoked([10], 10)).thenRefused('dispatch_ended');
  t.end();
});

test('a child works for the story of its parent', (t) => {
  const [own, other] = [storyId('1.1'), storyId('1.2')];
  const under = (parentStory: string | undefined, story_id: string | undefined) =>
    given(t, ...base, ...dispatched([10], parentStory === undefined ? {} : { story_id: parentStory }))
      .by(sent([10]))
      .at(startOfHour)
      .when(createDispatch, {
        ...create(11, { parent: idOf(10), role: 'agent', agent_id: idOf(2) }),
        ...(story_id === undefined ? {} : { story_id }),
      });
  const child = (story_id: string) => dispatched([10, 11], { role: 'agent', agent: 2, story_id });
  under(own, undefined).thenEvents(...child(own));
  under(own, own).thenEvents(...child(own));
  under(undefined, other).thenEvents(...child(other));
  under(own, other).thenRefused('dispatch_story_foreign');
  under(undefined, idOf(4)).thenRefused('story_not_found');
  t.end();
});

test('an agent has one key of a role, with or without a dispatch; an expired one gives way', (t) => {
  const command = create(20);
  const mint = (now: string, ...more: ReturnType<typeof dispatched>) =>
    given(t, ...base, ...more)
      .by(person)
      .at(now)
      .when(createDispatch, { ...command, expires_in: 3_600 });
  mint(startOfHour, keyCreated(5, { agent_id: idOf(1), role: 'orchestrator' })).thenRefused('key_role_taken');
  mint(startOfHour, ...dispatched([10])).thenRefused('key_role_taken');
  mint(endOfHour, ...dispatched([10])).thenEvents(
    record(KeyExpired, keyRef(1_010), { agent_id: idOf(1) }, null),
    ...dispatched([20], { expires_at: '2026-03-01T02:00:00.000Z' }),
  );
  t.end();
});

test('a dispatch needs an agent that is there', (t) => {
  const mint = (...more: ReturnType<typeof dispatched>) =>
    given(t, ...base, ...more)
      .by(person)
      .at(startOfHour)
      .when(createDispatch, create(10));
  mint(record(AgentArchived, agentRef(1), {}, null)).thenRefused('agent_archived');
  mint(record(AgentDeleted, agentRef(1), { name: 'agent 1' }, null)).thenRefused('agent_not_found');
  t.end();
});

test('a line of dispatches has an end', (t) => {
  const line = Array.from({ length: 16 }, (_, at) => 10 + at);
  given(t, ...base, ...dispatched([10]), ...dispatched(line, { agent: 2 }))
    .by(sent([10]))
    .at(startOfHour)
    .when(createDispatch, create(50, { parent: idOf(25), role: 'agent', agent_id: idOf(3) }))
    .thenRefused('dispatch_too_deep');
  t.end();
});

const family = [
  ...dispatched([10]),
  ...dispatched([10, 11], { agent: 2 }),
  ...dispatched([10, 11, 12], { agent: 3 }),
  ...dispatched([10, 13], { agent: 3, role: 'agent' }),
];

test('revoking a dispatch takes all that came from it along, and nobody else', (t) => {
  given(t, ...base, ...family)
    .when(revokeDispatch, { dispatch_id: idOf(11) })
    .thenEvents(...dispatchRevoked([10, 11], 11, 2), ...dispatchRevoked([10, 11, 12], 11, 3));
  given(t, ...base, ...family, ...dispatchRevoked([10, 11, 12], 12, 3))
    .when(revokeDispatch, { dispatch_id: idOf(11) })
    .thenEvents(...dispatchRevoked([10, 11], 11, 2));
  given(t, ...base, ...family, ...dispatchRevoked([10, 13], 13, 3))
    .when(revokeDispatch, { dispatch_id: idOf(13) })
    .thenEvents();
  given(t, ...base, ...family)
    .by('orchestrator')
    .when(revokeDispatch, { dispatch_id: idOf(11) })
    .thenRefused('role_forbidden');
  given(t, ...base)
    .when(revokeDispatch, { dispatch_id: idOf(11) })
    .thenRefused('dispatch_not_found');
  t.end();
});

test('revoking the key of a dispatch revokes the dispatch', (t) => {
  given(t, ...base, ...family)
    .when(revokeKey, { key_id: idOf(1_011) })
    .thenEvents(...dispatchRevoked([10, 11], 11, 2), ...dispatchRevoked([10, 11, 12], 11, 3));
  t.end();
});

test('an agent that is archived or deleted ends its dispatches and theirs, each once', (t) => {
  const ended = [...dispatchRevoked([10, 11], 11, 2), ...dispatchRevoked([10, 11, 12], 11, 3)];
  given(t, ...base, ...family)
    .when(archiveAgent, { agent_id: idOf(2) })
    .thenEvents(record(AgentArchived, agentRef(2), {}, null), ...ended);
  given(t, ...base, ...family)
    .when(deleteAgent, { agent_id: idOf(2) })
    .thenEvents(record(AgentDeleted, agentRef(2), { name: 'agent 2' }, null), ...ended);
  t.end();
});
