import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { startTestServer } from '../support/server.ts';

async function platform(url: string, ...words: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ['boot/platform.ts', ...words], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: url },
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
  for (const words of [[], ['suspend'], ['suspend', 'x'], ['drop', newId()], ['suspend', newId(), 'y']]) {
    t.match(await platform(urls.appUrl, ...words), { code: 1, output: /^npm run platform/ });
  }
});
