import { type Test, test } from 'tap';
import { createDispatch } from '../../commands/dispatch.ts';
import { createStory, deleteStory } from '../../commands/story.ts';
import { setQuotas } from '../../commands/tenant.ts';
import { TenantFounded, TenantQuotasSet } from '../../events/tenant.ts';
import { AgentCreated } from '../../events/agent.ts';
import { DispatchCreated, DispatchRevoked } from '../../events/dispatch.ts';
import { type Actor, systemActor } from '../../kernel/actor.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { epicCreated, epicId, projectCreated, storyCreated, storyId } from '../support/work.ts';

const ref = { type: 'tenant', id: tenantId };
const founded = record(TenantFounded, ref, { name: 'Orbit', slug: 'orbit' }, null);

function quotas(max_stories: number | null, max_dispatches: number | null = null, told: object = {}): NewEvent {
  const rates = { max_runs: null, requests_per_key: null, requests_per_tenant: null, ...told };
  return record(TenantQuotasSet, ref, { max_stories, max_dispatches, ...rates }, null);
}

test('quotas are set by the platform alone, and the same quotas again change nothing', (t) => {
  const command = { tenant_id: tenantId, max_stories: 3, max_dispatches: null };
  for (const role of ['agent', 'orchestrator', 'user'] as const) {
    given(t, founded).by(role).when(setQuotas, command).thenRefused('role_forbidden');
  }
  given(t, founded).by(systemActor).when(setQuotas, command).thenEvents(quotas(3));
  given(t, founded, quotas(3)).by(systemActor).when(setQuotas, command).thenEvents();
  const rated = { ...command, requests_per_key: 60 };
  given(t, founded, quotas(3))
    .by(systemActor)
    .when(setQuotas, rated)
    .thenEvents(quotas(3, null, { requests_per_key: 60 }));
  given(t, founded, quotas(3, null, { requests_per_key: 60 }))
    .by(systemActor)
    .when(setQuotas, command)
    .thenEvents(quotas(3));
  given(t).by(systemActor).when(setQuotas, command).thenRefused('tenant_not_found');
  t.end();
});

test('a tenant has no more stories than it may have, deleted ones not counted', (t) => {
  const history = [founded, quotas(2), projectCreated(), epicCreated(1), storyCreated('1.1')];
  const create = { story_id: storyId('1.9'), epic_id: epicId(1), title: 'One more' };
  t.equal(given(t, ...history).when(createStory, create).refusal, null);
  const full = [...history, storyCreated('1.2')];
  given(t, ...full)
    .when(createStory, create)
    .thenRefused('story_quota_reached');
  const gone = given(t, ...full).when(deleteStory, { story_id: storyId('1.2') }).events;
  t.equal(given(t, ...full, ...gone).when(createStory, create).refusal, null);
  t.equal(given(t, ...full, quotas(null)).when(createStory, create).refusal, null);
  given(t, founded, quotas(0), projectCreated(), epicCreated(1))
    .when(createStory, create)
    .thenRefused('story_quota_reached');
  t.end();
});

function dispatched(id: number, expires_at: string): NewEvent {
  const dispatch_id = idOf(id);
  const data = { parent_id: null, lineage: [dispatch_id], agent_id: idOf(5), story_id: null, key_id: idOf(id + 100) };
  return record(DispatchCreated, { type: 'dispatch', id: dispatch_id }, { ...data, role: 'agent', expires_at }, null);
}

function send(t: Test, ...history: readonly NewEvent[]) {
  const step_up = { authenticator_id: idOf(6), act: 'createDispatch' };
  const actor: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], step_up };
  const agent = record(AgentCreated, { type: 'agent', id: idOf(5) }, { name: 'builder', description: '' }, null);
  const key = { key_id: idOf(8), prefix: 'll_eph_00000', secret_hash: '0'.repeat(64) };
  const command = {
    dispatch_id: idOf(7),
    parent: null,
    role: 'agent',
    agent_id: idOf(5),
    expires_in: 60,
    key,
  } as const;
  return given(t, founded, agent, ...history)
    .by(actor)
    .at('2026-01-01T12:00:00.000Z')
    .when(createDispatch, command);
}

test('a tenant has no more active dispatches than it may have; what is over or revoked is not counted', (t) => {
  const active = dispatched(70, '2026-01-01T12:00:00.001Z');
  const over = dispatched(71, '2026-01-01T12:00:00.000Z');
  const revoked = record(DispatchRevoked, active.stream, { root_id: idOf(70), by: idOf(70) }, null);
  send(t, quotas(null, 1), active).thenRefused('dispatch_quota_reached');
  t.equal(send(t, quotas(null, 2), active, over).refusal, null);
  t.equal(send(t, quotas(null, 1), over).refusal, null);
  t.equal(send(t, quotas(null, 1), active, revoked).refusal, null);
  t.equal(send(t, quotas(5, null), active).refusal, null);
  send(t, quotas(null, 0)).thenRefused('dispatch_quota_reached');
  t.end();
});
