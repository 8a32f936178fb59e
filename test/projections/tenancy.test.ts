import { test } from 'tap';
import { archiveAgent, changeAgent, createAgent, deleteAgent, restoreAgent } from '../../commands/agent.ts';
import { createKey, revokeKey } from '../../commands/key.ts';
import { foundTenant, resumeTenant, suspendTenant } from '../../commands/tenant.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { AgentCreated } from '../../events/agent.ts';
import { KeyCreated } from '../../events/key.ts';
import { systemActor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { keyHash, newKey } from '../../kernel/secret.ts';
import { record } from '../../kernel/stream.ts';
import { keysOfHolder, keysOfTenant, userKeys, wholeTenant } from '../../policies/key.ts';
import { registry } from '../../projections/index.ts';
import { findKeys } from '../../sql/key-directory.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { administer } from '../support/database.ts';
import { codeOfRefusal, openLedgerOn, openTestLedger, request } from '../support/ledger.ts';

interface Keyed {
  readonly keyId: string;
  readonly secret: string;
}

async function addKey(
  ledger: Ledger,
  tenantId: string,
  told: { readonly role: 'user' | 'orchestrator' | 'agent'; readonly agent_id?: string; readonly expires_in?: number },
): Promise<Keyed> {
  const { secret, hash, prefix } = newKey('live');
  const keyId = newId();
  const command = { key_id: keyId, name: 'k', prefix, secret_hash: hash.toString('hex'), ...told };
  await ledger.execute(request(tenantId, createKey, command));
  return { keyId, secret };
}

test('a slug belongs to one tenant of the platform, and the second one is not founded at all', async (t) => {
  const { ledger, tenantKeys, urls } = await openTestLedger(t);
  const other = openLedgerOn(t, urls.appUrl);
  const outcomes = await Promise.all(
    [ledger, other.ledger, ledger, other.ledger].map((one) =>
      codeOfRefusal(foundTenantOn(one, tenantKeys, { name: 'T', slug: 'same' })),
    ),
  );
  t.equal(outcomes.filter((code) => code === undefined).length, 1);
  t.equal(outcomes.filter((code) => code === 'tenant_slug_taken').length, 3);
  await administer(urls.adminUrl, async (client) => {
    for (const table of ['view.tenants', 'view.keys', 'platform.key_hashes', 'platform.tenant_slugs', 'ledger.heads']) {
      const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
      t.equal(rows[0]?.count, '1', table);
    }
  });
});

test('tenants that are founded at once each get their own key in the directory', async (t) => {
  const { ledger, tenantKeys, database } = await openTestLedger(t);
  const founded = await Promise.all(
    Array.from({ length: 30 }, (_, at) => foundTenantOn(ledger, tenantKeys, { name: 'T', slug: `at-once-${at}` })),
  );
  const keys = await findKeys(
    database,
    founded.map(({ secret }) => keyHash(secret)),
  );
  const tenants = new Map(keys.map(({ key_hash, tenant_id }) => [key_hash, tenant_id]));
  for (const { tenantId, secret } of founded) t.equal(tenants.get(keyHash(secret)), tenantId);
});

test('a tenant may be founded and suspended in one breath', async (t) => {
  const { ledger, tenantKeys, database } = await openTestLedger(t);
  const tenantId = newId();
  const { secret, hash, prefix } = newKey('live');
  const key = { key_id: newId(), name: 'k', prefix, secret_hash: hash.toString('hex') };
  const founding = { tenant_id: tenantId, name: 'T', slug: 'breath', key, ...(await tenantKeys.prepare(tenantId)) };
  const options = { actor: systemActor };
  const results = await Promise.all([
    ledger.execute(request(tenantId, foundTenant, founding, options)),
    ledger.execute(request(tenantId, suspendTenant, { tenant_id: tenantId }, options)),
  ]);
  t.same(
    results.map(({ position }) => position),
    [6, 8],
  );
  t.same(await findKeys(database, [keyHash(secret)]), []);
  await ledger.execute(request(tenantId, resumeTenant, { tenant_id: tenantId }, options));
  t.match(await findKeys(database, [keyHash(secret)]), [{ tenant_id: tenantId, key_id: key.key_id, role: 'user' }]);
});

test('the directory knows exactly the keys that work', async (t) => {
  const { ledger, tenantKeys, database } = await openTestLedger(t);
  const { tenantId, secret: first } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'directory' });
  const agent_id = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id, name: 'a' }));
  const agentKey = await addKey(ledger, tenantId, { role: 'agent', agent_id });
  const plain = await addKey(ledger, tenantId, { role: 'user' });
  const known = async () => {
    const found = new Set(
      (await findKeys(database, [first, agentKey.secret, plain.secret].map(keyHash))).map((key) => key.key_hash),
    );
    return [first, agentKey.secret, plain.secret].map((secret) => found.has(keyHash(secret)));
  };
  const run = <Command>(definition: CommandDefinition<Command>, command: Command) =>
    ledger.execute(request(tenantId, definition, command, { actor: systemActor }));
  t.same(await known(), [true, true, true]);
  await run(archiveAgent, { agent_id });
  t.same(await known(), [true, false, true]);
  await run(suspendTenant, { tenant_id: tenantId });
  t.same(await known(), [false, false, false]);
  await run(restoreAgent, { agent_id });
  t.same(await known(), [false, false, false]);
  await run(resumeTenant, { tenant_id: tenantId });
  t.same(await known(), [true, true, true]);
  await run(revokeKey, { key_id: plain.keyId });
  t.same(await known(), [true, true, false]);
  await run(deleteAgent, { agent_id });
  t.same(await known(), [true, false, false]);
});

test('a process that loads the keys of a holder knows what a process that folded them knows', async (t) => {
  const { ledger, tenantKeys, database, urls } = await openTestLedger(t);
  const { tenantId, keyId: first } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'folded' });
  const agent_id = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id, name: 'a' }));
  const expiring = await addKey(ledger, tenantId, { role: 'agent', agent_id, expires_in: 3_600 });
  const gone = await addKey(ledger, tenantId, { role: 'user' });
  await ledger.execute(request(tenantId, revokeKey, { key_id: gone.keyId }));
  const load = async (name: string, key: string) =>
    (await registry.lookups.get(name)?.load(database, tenantId, key))?.value;
  const held = (await load(keysOfHolder.name, agent_id)) as { key_id: string; expires_at: string }[];
  t.match(held, [{ key_id: expiring.keyId, role: 'agent', expires_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ }]);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ at: string }>(
      `select entry::json -> 'data' ->> 'expires_at' as at from ledger.events where stream_id = $1 and version = 1`,
      [expiring.keyId],
    );
    t.equal(held[0]?.expires_at, rows[0]?.at);
  });
  t.strictSame(await load(keysOfHolder.name, userKeys), [
    { key_id: first, role: 'user', expires_at: null, lineage: [] },
  ]);
  t.equal(((await load(keysOfTenant.name, wholeTenant)) as unknown[]).length, 2);
  t.strictSame(await load(keysOfHolder.name, newId()), []);
  const { ledger: fresh } = openLedgerOn(t, urls.appUrl);
  t.equal(await codeOfRefusal(addKey(fresh, tenantId, { role: 'agent', agent_id })), 'key_role_taken');
  t.equal(await codeOfRefusal(fresh.execute(request(tenantId, revokeKey, { key_id: first }))), 'key_last_user');
});

test('an expired key gives its place to the next in one commit', async (t) => {
  const { ledger, tenantKeys, database, urls } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'expired' });
  const agent_id = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id, name: 'a' }));
  const early: CommandDefinition<{ readonly key_id: string }> = {
    name: 'Early',
    subject: ({ key_id }) => ({ type: 'key', id: key_id }),
    authorize: () => undefined,
    decide({ key_id }) {
      const { hash, prefix } = newKey('live');
      const data = { name: 'old', role: 'agent', agent_id, prefix, secret_hash: hash.toString('hex') } as const;
      return [
        record(KeyCreated, { type: 'key', id: key_id }, { ...data, expires_at: '2020-01-01T00:00:00.000Z' }, null),
      ];
    },
  };
  const old = newId();
  await ledger.execute(request(tenantId, early, { key_id: old }));
  const next = await addKey(ledger, tenantId, { role: 'agent', agent_id });
  t.match(await findKeys(database, [keyHash(next.secret)]), [{ key_id: next.keyId, agent_id }]);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query('select key_id, status from view.keys where agent_id = $1 order by key_id', [
      agent_id,
    ]);
    t.same(rows, [
      { key_id: old, status: 'expired' },
      { key_id: next.keyId, status: 'active' },
    ]);
  });
});

test('two keys for one place and two agents of one name are refused by the database too', async (t) => {
  const { ledger, tenantKeys } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'careless' });
  const agent_id = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id, name: 'a' }));
  await addKey(ledger, tenantId, { role: 'agent', agent_id });
  const careless: CommandDefinition<{ readonly id: string; readonly kind: 'agent' | 'key' }> = {
    name: 'Careless',
    subject: ({ id, kind }) => ({ type: kind, id }),
    authorize: () => undefined,
    decide({ id, kind }) {
      if (kind === 'agent') return [record(AgentCreated, { type: kind, id }, { name: 'a', description: '' }, null)];
      const { hash, prefix } = newKey('live');
      const data = { name: 'k', role: 'agent', agent_id, prefix, secret_hash: hash.toString('hex') } as const;
      return [record(KeyCreated, { type: kind, id }, { ...data, expires_at: null }, null)];
    },
  };
  const run = (kind: 'agent' | 'key') =>
    codeOfRefusal(ledger.execute(request(tenantId, careless, { id: newId(), kind })));
  t.equal(await run('key'), 'key_role_taken');
  t.equal(await run('agent'), 'agent_name_taken');
});

test('a name goes round among agents at any pace', async (t) => {
  const { ledger, tenantKeys } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'round' });
  const [one, two] = [newId(), newId()];
  await ledger.execute(request(tenantId, createAgent, { agent_id: one, name: 'a' }));
  await ledger.execute(request(tenantId, createAgent, { agent_id: two, name: 'b' }));
  const rename = (agent_id: string, name: string) =>
    ledger.execute(request(tenantId, changeAgent, { agent_id, changes: { name } }));
  const outcomes = await Promise.all(
    [rename(two, 'c'), rename(one, 'b'), rename(two, 'a'), rename(one, 'c'), rename(two, 'c')].map(codeOfRefusal),
  );
  t.same(outcomes, [undefined, undefined, undefined, undefined, 'agent_name_taken']);
});
