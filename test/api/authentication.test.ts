import { test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authenticator } from '../../api/http/authentication.ts';
import { RateLimiter } from '../../api/http/rate-limit.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import type { Database } from '../../sql/database.ts';
import { startTestApi } from './harness.ts';

/** Counts the questions that reach the database. */
function counting(database: Database): Database & { questions: number } {
  return {
    questions: 0,
    ...database,
    platform(...parameters) {
      this.questions += 1;
      return database.platform(...parameters);
    },
  };
}

function authenticatorOn(database: Database): Authenticator {
  return new Authenticator(database, new RateLimiter({ database, perKey: null, perTenant: null }));
}

test('a key speaks for its tenant and role', async (t) => {
  const api = await startTestApi(t);
  const tenantId = newId();
  const secret = await api.addKey('orchestrator', tenantId);
  const found = await authenticatorOn(api.database).find(secret);
  t.equal(found?.tenantId, tenantId);
  t.match(found?.actor, { kind: 'key', key_id: found?.keyId, agent_id: null, role: 'orchestrator', lineage: [] });
});

test('a key is known from the second request on without a question', async (t) => {
  const api = await startTestApi(t);
  const database = counting(api.database);
  const authenticator = authenticatorOn(database);
  const secret = await api.addKey('user', newId());
  t.equal(authenticator.peek(secret, performance.now()), undefined);
  const found = await authenticator.find(secret);
  t.equal(authenticator.peek(secret, performance.now()), found);
  t.equal(database.questions, 1);
});

test('many who ask for keys at the same time share one question', async (t) => {
  const api = await startTestApi(t);
  const database = counting(api.database);
  const authenticator = authenticatorOn(database);
  const secrets: string[] = [];
  for (let made = 0; made < 5; made += 1) secrets.push(await api.addKey('user', newId()));
  const found = await Promise.all(
    [...secrets, ...secrets, newKey('live').secret].map((secret) => authenticator.find(secret)),
  );
  t.equal(database.questions, 1);
  t.equal(found.filter((credential) => credential !== null).length, 10);
  t.equal(found.at(-1), null);
});

test('a key with a wrong checksum is refused without a question', async (t) => {
  const api = await startTestApi(t);
  const database = counting(api.database);
  const authenticator = authenticatorOn(database);
  const { secret } = newKey('live');
  const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0');
  t.equal(authenticator.peek(mistyped, performance.now()), null);
  t.equal(authenticator.peek('not a key', performance.now()), null);
  t.equal(database.questions, 0);
});

test('an unknown key is asked for once a second', async (t) => {
  const api = await startTestApi(t);
  const authenticator = authenticatorOn(api.database);
  const { secret } = newKey('live');
  t.equal(authenticator.peek(secret, performance.now()), undefined);
  t.equal(await authenticator.find(secret), null);
  t.equal(authenticator.peek(secret, performance.now()), null);
  t.equal(authenticator.peek(secret, performance.now() + 1_100), undefined);
});

test('a revoked key, a suspended tenant and an expired key stop within a second while in use', async (t) => {
  const api = await startTestApi(t);
  const authenticator = authenticatorOn(api.database);
  authenticator.start();
  t.teardown(() => authenticator.stop());
  for (const change of ['active = false', 'tenant_active = false', 'expires_at = clock_timestamp()']) {
    const tenantId = newId();
    const secret = await api.addKey('user', tenantId);
    t.ok(await authenticator.find(secret));
    await api.admin(`update platform.key_hashes set ${change} where tenant_id = $1`, [tenantId]);
    const changedMs = performance.now();
    let stoppedMs = Number.POSITIVE_INFINITY;
    while (performance.now() - changedMs < 1_500) {
      const peeked = authenticator.peek(secret, performance.now());
      const found = peeked === undefined ? await authenticator.find(secret) : peeked;
      if (found === null) {
        stoppedMs = performance.now() - changedMs;
        break;
      }
      await sleep(5);
    }
    t.ok(stoppedMs < 1_000, `${change}: ${stoppedMs.toFixed(0)} ms`);
  }
});

test('a key expires at its time, not at the next confirmation', async (t) => {
  const api = await startTestApi(t);
  const authenticator = authenticatorOn(api.database);
  const secret = await api.addKey('user', newId(), 60_000);
  t.ok(await authenticator.find(secret));
  t.ok(authenticator.peek(secret, performance.now()));
  const short = await api.addKey('user', newId(), 150);
  t.ok(await authenticator.find(short));
  await sleep(160);
  t.equal(authenticator.peek(short, performance.now()), null);
});

test('a key that was not confirmed within a second is not trusted, and without a database nobody is', async (t) => {
  const api = await startTestApi(t);
  let broken = false;
  const database: Database = {
    ...api.database,
    platform(...parameters) {
      if (broken) return Promise.reject(new Error('connection terminated'));
      return api.database.platform(...parameters);
    },
  };
  const authenticator = authenticatorOn(database);
  authenticator.start();
  t.teardown(() => authenticator.stop());
  const secret = await api.addKey('user', newId());
  t.ok(await authenticator.find(secret));
  broken = true;
  t.ok(authenticator.peek(secret, performance.now()), 'confirmed a moment ago');
  await sleep(1_050);
  t.equal(authenticator.peek(secret, performance.now()), undefined);
  await t.rejects(authenticator.find(secret), { code: 'database_unavailable' });
  broken = false;
  t.ok(await authenticator.find(secret), 'recovers by itself');
});

test('a change of this process is seen at its next request', async (t) => {
  const api = await startTestApi(t);
  const authenticator = authenticatorOn(api.database);
  const tenantId = newId();
  const secret = await api.addKey('user', tenantId);
  t.ok(await authenticator.find(secret));
  await api.admin('update platform.key_hashes set active = false where tenant_id = $1', [tenantId]);
  authenticator.distrust(tenantId);
  t.equal(authenticator.peek(secret, performance.now()), undefined);
  t.equal(await authenticator.find(secret), null);
});
