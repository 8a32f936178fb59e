import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { readModelPrices } from '../../sql/model-price.ts';
import { testMasterKey } from '../support/ledger.ts';
import { bareEnvironment } from '../support/server-process.ts';
import { startTestServer } from '../support/server.ts';

interface Ran {
  readonly code: number;
  readonly output: string;
}

function platform(url: string, ...words: readonly string[]): Promise<Ran> {
  return platformWith({ DATABASE_URL: url }, ...words);
}

async function platformWith(env: Record<string, string>, ...words: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, ['boot/platform.ts', ...words], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

test('a suspended tenant stops within a second, alone, and works again when it is activated', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const [one, other] = [await found(), await found()];
  const status = async (key: string) => (await say('GET', '/api/v1/whoami', { key })).status;
  for (const key of [one.userKey, one.agentKey, other.userKey]) t.equal(await status(key), 200);
  t.match(await platform(urls.appUrl, 'suspend', one.tenantId), { code: 0, output: /is suspended/ });
  await sleep(1_000);
  t.same([await status(one.userKey), await status(one.agentKey), await status(other.userKey)], [401, 401, 200]);
  t.match(await platform(urls.appUrl, 'activate', one.tenantId), { code: 0, output: /is active/ });
  // What nobody knew is not asked for again for a second.
  await sleep(1_100);
  t.same([await status(one.userKey), await status(one.agentKey)], [200, 200]);
});

test('a tenant that does not exist is not begun by suspending it, and nonsense is answered with the usage', async (t) => {
  const { urls } = await startTestServer(t);
  t.match(await platform(urls.appUrl, 'suspend', newId()), { code: 1, output: /never founded/ });
  const nonsense = [
    [],
    ['suspend'],
    ['suspend', 'x'],
    ['drop', newId()],
    ['suspend', newId(), 'y'],
    ['found', 'acme'],
    ['found', 'Acme Inc', 'Acme'],
    ['found', 'acme', ''],
    ['found', 'acme', 'Acme', 'Inc'],
  ];
  for (const words of nonsense) {
    const { code, output } = await platform(urls.appUrl, ...words);
    t.equal(code, 1);
    t.match(output, /\n\nnpm run platform/);
    const [name, ...rest] = words;
    t.match(output.split('\n')[0], ['drop', undefined].includes(name) ? /to do\.$/ : `${name} does not take`);
    for (const word of rest) t.match(output.split('\n')[0], name === 'drop' ? /"drop"/ : `"${word}"`);
  }
  t.match(await platform(urls.appUrl, 'suspend', '--help'), { code: 0, output: /^npm run platform/ });
});

test('a tenant is founded on a database of its own with the key of its servers, once a slug', async (t) => {
  const { say, urls } = await startTestServer(t);
  const env = { DATABASE_URL: urls.appUrl, LOOPLEDGER_MASTER_KEY: testMasterKey.toString('base64') };
  const { code, output } = await platformWith(env, 'found', 'acme', 'Acme Inc');
  t.equal(code, 0);
  const key = /ll_live_\S+/.exec(output)?.[0] ?? '';
  const options = await say('POST', '/api/v1/step-up/options', {
    key,
    body: { method: 'POST', path: '/api/v1/dispatches', body: {} },
  });
  t.match(options.body, { code: 'operator_missing' });
  t.match(output, /Nobody in it has an authenticator.* \/signup/, 'what the tenant cannot do is told');
  const { status, body } = await say('GET', '/api/v1/whoami', { key });
  t.match({ status, body }, { status: 200, body: { role: 'user', tenant: { slug: 'acme', name: 'Acme Inc' } } });
  t.match(await platformWith(env, 'found', 'acme', 'Other'), { code: 1, output: /slug/ });
  t.match(await platform(urls.appUrl, 'found', 'other', 'Other'), { code: 1, output: /LOOPLEDGER_MASTER_KEY/ });
});

test('a key of the platform is granted, works, is listed and revoked', async (t) => {
  const { say, found, urls } = await startTestServer(t);
  const { tenantId } = await found();
  const granted = await platform(urls.appUrl, 'grant', 'Ada Lovelace');
  const secret = /ll_live_[0-9A-Za-z]{38}/.exec(granted.output)?.[0] ?? '';
  const id = /[0-9a-f-]{36}/.exec(granted.output)?.[0] ?? '';
  const headers = { 'loopledger-tenant': tenantId };
  t.equal((await say('GET', '/api/v1/tenant', { key: secret, headers })).status, 200);
  const listed = await platform(urls.appUrl, 'list');
  t.match(listed.output, new RegExp(`${id}  ll_live_.{4}  active  .*  Ada Lovelace`));
  t.notOk(listed.output.includes(secret));
  t.match(await platform(urls.appUrl, 'revoke', id), { code: 0, output: /is revoked/ });
  await sleep(1_000);
  t.equal((await say('GET', '/api/v1/tenant', { key: secret, headers })).status, 401);
  t.match(await platform(urls.appUrl, 'revoke', newId()), { code: 1, output: /no such key/ });
  for (const words of [
    ['grant', ' '],
    ['list', 'x'],
  ]) {
    t.match(await platform(urls.appUrl, ...words), { code: 1, output: /does not take .*\n\nnpm run platform/ });
  }
});

test('a price that is listed goes before what was listed, from its day on', async (t) => {
  const { urls, database } = await startTestServer(t);
  const list = (...words: readonly string[]) => platform(urls.appUrl, 'price', 'openai', 'gpt-9', ...words);
  t.match(await list('1.25', '0.125', '10', '2026-01-01'), { code: 0, output: /holds from 2026-01-01/ });
  t.match(await list('2', '0.2', '20', '2026-02-01'), { code: 0 });
  t.match(await list('9', '9', '9', '2999-01-01'), { code: 0 });
  const prices = await readModelPrices(database);
  t.equal(prices.length, 1);
  t.match(prices[0], { provider: 'openai', model: 'gpt-9', input: 2_000_000, cached: 200_000, output: 20_000_000 });
  t.match(await list('free'), { code: 1, output: /npm run platform/ });
});
