import { test } from 'tap';
import { changeTenant, foundTenant, resumeTenant, suspendTenant } from '../../commands/tenant.ts';
import { KeyResumed, KeyRevoked, KeySuspended } from '../../events/key.ts';
import { TenantChanged, TenantResumed, TenantSuspended } from '../../events/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import {
  agentCreated,
  founded,
  foundingKeys,
  keyCreated,
  keyRef,
  keysFounded,
  prefix,
  secretHash,
  tenantRef,
} from '../support/tenancy.ts';

const found = {
  tenant_id: tenantId,
  name: 'Meridian',
  slug: 'meridian',
  key: { key_id: idOf(1), name: 'key 1', prefix, secret_hash: secretHash },
  ...foundingKeys,
};
const suspended = record(TenantSuspended, tenantRef, {}, null);
const resumed = record(TenantResumed, tenantRef, {}, null);

test('a tenant is founded together with what it signs and draws with and the first key of its user', (t) => {
  given(t)
    .by(systemActor)
    .when(foundTenant, found)
    .thenEvents(founded, ...keysFounded, keyCreated(1));
  t.end();
});

test('a founded tenant cannot be founded again', (t) => {
  given(t, founded).by(systemActor).when(foundTenant, found).thenRefused('tenant_founded');
  t.end();
});

test('a tenant is founded in its own log and in no other', (t) => {
  t.throws(() =>
    given(t)
      .by(systemActor)
      .when(foundTenant, { ...found, tenant_id: idOf(2) }),
  );
  t.end();
});

test('the name of a tenant changes, and the same name again changes nothing', (t) => {
  const renamed = record(TenantChanged, tenantRef, { name: 'Zenith' }, null);
  const command = { tenant_id: tenantId, name: 'Zenith' };
  given(t, founded).when(changeTenant, command).thenEvents(renamed);
  given(t, founded, renamed).when(changeTenant, command).thenEvents();
  given(t).when(changeTenant, command).thenRefused('tenant_not_found');
  t.end();
});

test('a suspended tenant takes along every key that has not ended', (t) => {
  const agentKey = keyCreated(3, { agent_id: idOf(2) });
  const ended = [keyCreated(4), record(KeyRevoked, keyRef(4), { agent_id: null }, null)];
  const history = [founded, keyCreated(1), agentCreated(2), agentKey, ...ended];
  given(t, ...history)
    .by(systemActor)
    .when(suspendTenant, { tenant_id: tenantId })
    .thenEvents(
      suspended,
      record(KeySuspended, keyRef(1), { by: 'tenant' }, null),
      record(KeySuspended, keyRef(3), { by: 'tenant' }, null),
    );
  given(t, ...history, suspended)
    .by(systemActor)
    .when(resumeTenant, { tenant_id: tenantId })
    .thenEvents(
      resumed,
      record(KeyResumed, keyRef(1), { by: 'tenant' }, null),
      record(KeyResumed, keyRef(3), { by: 'tenant' }, null),
    );
  t.end();
});

test('a tenant that is suspended or active already stays so', (t) => {
  const command = { tenant_id: tenantId };
  given(t, founded, suspended).by(systemActor).when(suspendTenant, command).thenEvents();
  given(t, founded).by(systemActor).when(resumeTenant, command).thenEvents();
  given(t).by(systemActor).when(suspendTenant, command).thenRefused('tenant_not_found');
  t.end();
});
