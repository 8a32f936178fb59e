import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { type CapabilityClaims, capabilityHash } from '../../kernel/capability.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { commitmentOf } from '../../kernel/draw.ts';
import { newId } from '../../kernel/id.ts';
import { isSignedBy, signingPurposes } from '../../kernel/signing.ts';
import { signingKeyInForce } from '../../policies/signing-key.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys, drawSecret } from '../../sql/tenant-keys.ts';
import { registry } from '../../projections/index.ts';
import { administer } from '../support/database.ts';
import { codeOfRefusal, openLedgerOn, openTestLedger, request } from '../support/ledger.ts';

const claims = { iss: 'i', aud: 'a', act: 'start', ver: 1, lin: 'l', iat: 1, nbf: 1, exp: 2 } as const;

/** Tells by its refusal what the world says; nothing is written. */
function asking(
  ask: (world: Parameters<CommandDefinition<object>['decide']>[1]) => unknown,
): CommandDefinition<object> {
  return {
    name: 'Ask',
    subject: () => ({ type: 'tenant', id: newId() }),
    authorize: () => undefined,
    decide(_command, world) {
      throw Object.assign(new Error('told'), { code: JSON.stringify(ask(world)) });
    },
  };
}

test('a founded tenant signs with keys whose public halves are in its log', async (t) => {
  const { ledger, tenantKeys, database, urls } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'signs' });
  const query = { name: '', text: 'select purpose, public_key, status from view.signing_keys where tenant_id = $1' };
  const rows = await database.read<{ purpose: string; public_key: string }>(tenantId, query, [tenantId]);
  t.same(rows.map(({ purpose }) => purpose).sort(), [...signingPurposes].sort());
  t.equal(new Set(rows.map(({ public_key }) => public_key)).size, 3);
  const { tenantKeys: elsewhere } = openLedgerOn(t, urls.appUrl);
  const bytes = Buffer.from('a checkpoint');
  for (const purpose of signingPurposes) {
    const [here, there] = [await tenantKeys.signer(tenantId, purpose), await elsewhere.signer(tenantId, purpose)];
    t.equal(here.publicKey, rows.find((row) => row.purpose === purpose)?.public_key);
    t.ok(isSignedBy(here.publicKey, bytes, there.sign(bytes)), 'every process signs with the same key');
  }
  await t.rejects(tenantKeys.signer(newId(), 'log'), 'nobody signs for a tenant that was never founded');
});

test('a decider signs capabilities and draws seeds, on every process alike', async (t) => {
  const { ledger, tenantKeys, urls } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'draws' });
  const other = openLedgerOn(t, urls.appUrl);
  const told: CapabilityClaims = { ...claims, sub: newId(), tid: tenantId, story: newId(), jti: newId() };
  const ask = asking((world) => [world.capability(told), world.drawSeed(1), world.drawSeed(2)]);
  const answers = await Promise.all(
    [ledger, other.ledger].map((one) => codeOfRefusal(one.execute(request(tenantId, ask, {})))),
  );
  t.equal(answers[0], answers[1]);
  const [{ token, hash }, first, second] = JSON.parse(answers[0] ?? '') as [
    { token: string; hash: string },
    string,
    string,
  ];
  t.equal(hash, capabilityHash(token));
  t.not(first, second);
  const [head = '', body = '', signature = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string };
  const signer = await tenantKeys.signer(tenantId, 'capability');
  t.equal(kid, signer.keyId);
  t.ok(isSignedBy(signer.publicKey, Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url')));
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ commitment: string }>(
      `select entry::json -> 'data' ->> 'commitment' as commitment from ledger.events where type = 'draw.committed'`,
    );
    t.same(rows, [{ commitment: commitmentOf(first) }], 'the log committed to the first seed');
  });
});

test('a ledger without keys, and a tenant without keys, sign nothing', async (t) => {
  const { ledger, database, tenantKeys } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'keyless' });
  const told = { ...claims, sub: newId(), tid: tenantId, story: newId(), jti: newId() };
  const askings = [asking((world) => world.capability(told)), asking((world) => world.drawSeed(1))];
  for (const ask of askings) {
    await t.rejects(createLedger({ database, registry }).execute(request(tenantId, ask, {})), /given no keys/);
    await t.rejects(ledger.execute(request(newId(), ask, {})), /no (?:such private )?key/);
  }
  const other = asking((world) => world.lookup(signingKeyInForce, 'capability'));
  t.equal(await codeOfRefusal(ledger.execute(request(newId(), other, {}))), 'null');
});

test('a sealed key opens with its master key and in its own row alone', async (t) => {
  const { ledger, tenantKeys, database, urls } = await openTestLedger(t);
  const [a, b] = [
    await foundTenantOn(ledger, tenantKeys, { name: 'A', slug: 'a' }),
    await foundTenantOn(ledger, tenantKeys, { name: 'B', slug: 'b' }),
  ];
  const stranger = createTenantKeys({ database, masterKey: Buffer.alloc(32, 'another') });
  await t.rejects(stranger.signer(a.tenantId, 'log'), /another master key/);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ sealed: string }>('select sealed from platform.tenant_keys');
    t.equal(rows.length, 8);
    for (const { tenantId } of [a, b]) await tenantKeys.load(tenantId, [drawSecret]);
    const secrets = [a, b].map(({ tenantId }) => tenantKeys.heldSeed(tenantId, 1));
    t.not(secrets[0], secrets[1]);
    await t.rejects(client.query('update platform.tenant_keys set sealed = sealed'), { code: '23001' });
    await t.rejects(client.query('delete from platform.tenant_keys'), { code: '23001' });
    await client.query('alter table platform.tenant_keys disable trigger user');
    await client.query(
      `update platform.tenant_keys k set sealed = o.sealed from platform.tenant_keys o
        where k.tenant_id = $1 and o.tenant_id = $2 and k.purpose = o.purpose`,
      [a.tenantId, b.tenantId],
    );
  });
  const fresh = createTenantKeys({ database, masterKey: Buffer.from('a master key for tests, 32 bytes') });
  for (const purpose of signingPurposes) await t.rejects(fresh.signer(a.tenantId, purpose), /another place/);
  await t.rejects(fresh.load(a.tenantId, [drawSecret]), /another place/);
  t.ok(await fresh.signer(b.tenantId, 'log'));
});

test('keys are forgotten when there are too many, and found again', async (t) => {
  const { ledger, tenantKeys, database } = await openTestLedger(t);
  const founded = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'bounded' });
  const few = createTenantKeys({ database, masterKey: Buffer.from('a master key for tests, 32 bytes'), maxHeld: 1 });
  const one = await few.signer(founded.tenantId, 'log');
  const two = await few.signer(founded.tenantId, 'runner');
  t.equal(few.heldSigner(founded.tenantId, one.keyId), undefined);
  t.ok(few.heldSigner(founded.tenantId, two.keyId));
  t.equal((await few.signer(founded.tenantId, 'log')).publicKey, one.publicKey);
});
