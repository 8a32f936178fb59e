import { test } from 'tap';
import { createKey, renameKey, revokeKey, rotateKey } from '../../commands/key.ts';
import { AgentArchived, AgentDeleted } from '../../events/agent.ts';
import { KeyCreated, KeyExpired, KeyRenamed, KeyRevoked, KeyRotated, KeySuspended } from '../../events/key.ts';
import { TenantSuspended } from '../../events/tenant.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from '../support/given.ts';
import {
  agentCreated,
  agentRef,
  dispatched,
  founded,
  keyCreated,
  keyRef,
  prefix,
  secretHash,
  tenantRef,
} from '../support/tenancy.ts';

const agent_id = idOf(1);
const base = [founded, agentCreated(1)];
const now = '2026-03-01T00:00:00.000Z';
const before = '2026-02-28T23:59:59.999Z';
const after = '2026-03-01T00:00:00.001Z';

function create(
  number: number,
  told: { role: 'user' | 'orchestrator' | 'agent'; agent_id?: string; expires_in?: number },
) {
  return { key_id: idOf(number), name: `key ${number}`, prefix, secret_hash: secretHash, ...told };
}

test('a user gets any number of keys, which belong to no agent', (t) => {
  given(t, ...base, keyCreated(3))
    .when(createKey, create(4, { role: 'user' }))
    .thenEvents(keyCreated(4));
  given(t, ...base)
    .when(createKey, create(4, { role: 'user', agent_id }))
    .thenRefused('key_agent_unexpected');
  t.end();
});

test('a key that expires does so as many seconds after its creation as it was told', (t) => {
  given(t, ...base)
    .at(now)
    .when(createKey, create(4, { role: 'user', expires_in: 60 }))
    .thenEvents(keyCreated(4, { expires_at: '2026-03-01T00:01:00.000Z' }));
  t.end();
});

test('a key of an agent or orchestrator names an agent that is there and active', (t) => {
  const command = create(4, { role: 'agent', agent_id });
  given(t, ...base)
    .when(createKey, command)
    .thenEvents(keyCreated(4, { agent_id }));
  given(t, ...base)
    .when(createKey, create(4, { role: 'agent' }))
    .thenRefused('key_agent_required');
  given(t, ...base)
    .when(createKey, create(4, { role: 'orchestrator' }))
    .thenRefused('key_agent_required');
  given(t, founded).when(createKey, command).thenRefused('agent_not_found');
  given(t, ...base, record(AgentDeleted, agentRef(1), { name: 'agent 1' }, null))
    .when(createKey, command)
    .thenRefused('agent_not_found');
  given(t, ...base, record(AgentArchived, agentRef(1), {}, null))
    .when(createKey, command)
    .thenRefused('agent_archived');
  t.end();
});

test('an agent has one key of a role: a second waits until the first has ended', (t) => {
  const held = keyCreated(3, { agent_id });
  const command = create(4, { role: 'agent', agent_id });
  given(t, ...base, held)
    .when(createKey, command)
    .thenRefused('key_role_taken');
  given(t, ...base, held, record(KeySuspended, keyRef(3), { by: 'tenant' }, null))
    .when(createKey, command)
    .thenRefused('key_role_taken');
  given(t, ...base, held, record(KeyRevoked, keyRef(3), { agent_id }, null))
    .when(createKey, command)
    .thenEvents(keyCreated(4, { agent_id }));
  const other = { agent_id, role: 'orchestrator' } as const;
  given(t, ...base, held)
    .when(createKey, create(4, other))
    .thenEvents(keyCreated(4, other));
  t.end();
});

test('an expired key makes room in the moment in which it expires, and that is recorded', (t) => {
  const command = create(4, { role: 'agent', agent_id });
  const expired = record(KeyExpired, keyRef(3), { agent_id }, null);
  for (const expires_at of [before, now]) {
    given(t, ...base, keyCreated(3, { agent_id, expires_at }))
      .at(now)
      .when(createKey, command)
      .thenEvents(expired, keyCreated(4, { agent_id }));
  }
  given(t, ...base, keyCreated(3, { agent_id, expires_at: after }))
    .at(now)
    .when(createKey, command)
    .thenRefused('key_role_taken');
  t.end();
});

test('a tenant that is suspended or was never founded gets no keys', (t) => {
  const suspended = record(TenantSuspended, tenantRef, {}, null);
  given(t, founded, suspended)
    .when(createKey, create(4, { role: 'user' }))
    .thenRefused('tenant_suspended');
  given(t)
    .when(createKey, create(4, { role: 'user' }))
    .thenRefused('tenant_not_found');
  t.end();
});

test('a key is renamed, and the same name again changes nothing', (t) => {
  const renamed = record(KeyRenamed, keyRef(3), { name: 'spare' }, null);
  const command = { key_id: idOf(3), name: 'spare' };
  given(t, keyCreated(3)).when(renameKey, command).thenEvents(renamed);
  given(t, keyCreated(3), renamed).when(renameKey, command).thenEvents();
  given(t).when(renameKey, command).thenRefused('key_not_found');
  t.end();
});

test('a key gets another secret while it lives', (t) => {
  const told = { prefix: 'll_live_1111', secret_hash: 'b'.repeat(64) };
  const command = { key_id: idOf(3), ...told };
  const made = keyCreated(3, { agent_id, expires_at: after });
  const rotate = (grace_seconds: number, time: string, ...more: NewEvent[]) =>
    given(t, ...base, made, ...more)
      .at(time)
      .when(rotateKey, { ...command, grace_seconds });
  rotate(0, now).thenEvents(record(KeyRotated, keyRef(3), { ...told, grace_until: null }, null));
  rotate(60, now).thenEvents(record(KeyRotated, keyRef(3), { ...told, grace_until: '2026-03-01T00:01:00.000Z' }, null));
  rotate(0, after).thenRefused('key_ended');
  rotate(0, now, record(KeyRevoked, keyRef(3), { agent_id }, null)).thenRefused('key_ended');
  rotate(0, now, record(TenantSuspended, tenantRef, {}, null)).thenRefused('tenant_suspended');
  given(t, ...base)
    .when(rotateKey, command)
    .thenRefused('key_not_found');
  given(t, ...base, ...dispatched([10]))
    .when(rotateKey, { ...command, key_id: idOf(1_010) })
    .thenRefused('key_ephemeral');
  given(t, ...base, made)
    .by('orchestrator')
    .when(rotateKey, command)
    .thenRefused('role_forbidden');
  t.end();
});

test('a key is revoked once and for ever', (t) => {
  const command = { key_id: idOf(3) };
  const revoked = record(KeyRevoked, keyRef(3), { agent_id }, null);
  const made = keyCreated(3, { agent_id });
  given(t, ...base, made)
    .when(revokeKey, command)
    .thenEvents(revoked);
  given(t, ...base, made, revoked)
    .when(revokeKey, command)
    .thenEvents();
  given(t, ...base, made, record(KeyExpired, keyRef(3), { agent_id }, null))
    .when(revokeKey, command)
    .thenEvents();
  given(t, ...base)
    .when(revokeKey, command)
    .thenRefused('key_not_found');
  t.end();
});

test('the last key of a user cannot be revoked, whatever ended or expiring keys there are', (t) => {
  const command = { key_id: idOf(3) };
  const revoked = record(KeyRevoked, keyRef(3), { agent_id: null }, null);
  const agentKey = keyCreated(5, { agent_id });
  given(t, ...base, keyCreated(3), agentKey)
    .when(revokeKey, command)
    .thenRefused('key_last_user');
  given(t, ...base, keyCreated(3), keyCreated(4))
    .when(revokeKey, command)
    .thenEvents(revoked);
  given(t, ...base, keyCreated(3), keyCreated(4), record(KeyRevoked, keyRef(4), { agent_id: null }, null))
    .when(revokeKey, command)
    .thenRefused('key_last_user');
  given(t, ...base, keyCreated(3), keyCreated(4, { expires_at: now }))
    .at(now)
    .when(revokeKey, command)
    .thenRefused('key_last_user');
  given(t, ...base, keyCreated(3, { expires_at: now }))
    .at(now)
    .when(revokeKey, command)
    .thenEvents(revoked);
  t.end();
});

test('no event of a key holds more of its secret than prefix and hash', (t) => {
  t.strictSame(Object.keys(KeyCreated.shape.properties).sort(), [
    'agent_id',
    'dispatch',
    'expires_at',
    'name',
    'prefix',
    'role',
    'secret_hash',
  ]);
  t.end();
});
