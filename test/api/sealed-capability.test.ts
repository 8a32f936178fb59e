import { test } from 'tap';
import { administer } from '../support/database.ts';
import { type Body, type Heard, startTestServer, type TestServer } from '../support/server.ts';
import { echoOf, ok, openShop, tokenOf } from '../support/shop.ts';

/** All that is kept of answers, for their repeats. */
async function keptOf({ urls }: TestServer): Promise<string> {
  let kept = '';
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ text: string }>('select r::text as text from ledger.requests r');
    kept = rows.map(({ text }) => text).join('\n');
  });
  return kept;
}

test('a capability is shown again to whoever repeats the request, and is nowhere kept in the clear', async (t) => {
  const server = await startTestServer(t);
  const shop = await openShop(server);
  const stories = shop.plan.stories.slice(0, 3) as [Body, Body, Body];
  const worker = await shop.send('agent');
  for (const story of stories) await ok(shop.act(worker, story, 'contract', { body: echoOf(story) }));
  const [alone, ...others] = stories;
  const say = (path: string, body: object, key: string): Promise<Heard> =>
    ok(server.say('POST', `/api/v1/stories/${path}`, { key: worker.key, body, headers: { 'idempotency-key': key } }));
  const items = others.map(({ id }) => ({ story_id: id }));
  const calls = [
    () => say(`${alone.id}/claim`, {}, 'claim-1'),
    () => say(`${alone.id}/capabilities`, { act: 'start' }, 'collect-1'),
    () => say('bulk-claim', { items }, 'claims-1'),
  ];
  const tokens: string[] = [];
  for (const call of calls) {
    const first = await call();
    const again = await call();
    t.equal(again.headers.get('idempotency-replayed'), 'true');
    t.strictSame(again.body, first.body);
    const parts = [...first.text.matchAll(/"token":"([^"]+)"/g)].map(([, token]) => token as string);
    tokens.push(...parts);
  }
  t.equal(tokens.length, 4);
  const kept = await keptOf(server);
  t.match(kept, 'capabilities');
  for (const token of tokens) t.notOk(kept.includes(token) || kept.includes(token.split('.')[2] as string));
  const [, collected = ''] = tokens;
  t.match(await ok(shop.act(worker, alone, 'start', { capability: collected })), {
    body: { agent_status: 'implementing' },
  });
});

test('what another master key has sealed is not shown, and its holder collects a fresh one', async (t) => {
  const server = await startTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const worker = await shop.send('agent');
  await ok(shop.act(worker, story, 'contract', { body: echoOf(story) }));
  const headers = { 'idempotency-key': 'claim-1' };
  const claim = () => server.say('POST', `/api/v1/stories/${story.id}/claim`, { key: worker.key, body: {}, headers });
  tokenOf(await ok(claim()));
  await administer(server.urls.adminUrl, async (client) => {
    const spoil = `update ledger.requests set body = replace(body, '"token":"', '"token":"AA') where body ~ '"token"'`;
    t.equal((await client.query(spoil)).rowCount, 1);
  });
  const { body } = await ok(claim());
  t.same(body['capabilities'], []);
  t.match(body['next_actions'], [{ action: 'start' }]);
});
