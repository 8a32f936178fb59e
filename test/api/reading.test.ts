import { test } from 'tap';
import { Type } from 'typebox';
import { pageOf, presentList } from '../../api/present.ts';
import { route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import { listOf, pageQuery } from '../../kernel/page.ts';
import { patienceMs } from '../support/pace.ts';
import { startTestApi } from './harness.ts';

const names = ['ada', 'bo', 'cy', 'di', 'ed'];

const listNames = route({
  method: 'GET',
  url: '/api/v1/names',
  operation: 'listNames',
  summary: 'List names',
  tags: ['names'],
  role: { atLeast: 'agent' },
  query: pageQuery({ long: Type.Optional(Type.Boolean()) }),
  status: 200,
  response: listOf(Type.String({ maxLength: 9 })),
  codes: [],
  examples: { response: { data: ['ada'], next_cursor: null, changes_cursor: 'x' } },
  handler: (call) => {
    const page = pageOf(call);
    const start = page.after === null ? 0 : Number(page.after[0]);
    const rest = names.filter((name) => call.query.long !== true || name.length > 2).slice(start);
    const items = rest.slice(0, page.limit).map((name) => JSON.stringify(name));
    const next = rest.length > page.limit ? [start + page.limit] : null;
    return presentList(call, { items, next, position: 12, ...(page.count ? { total: names.length } : {}) });
  },
});

interface NameList {
  readonly data: string[];
  readonly next_cursor: string | null;
  readonly changes_cursor: string;
  readonly total?: number;
}

async function start(t: Parameters<typeof startTestApi>[0]) {
  const api = await startTestApi(t, { routes: [listNames], options: { minPositionWaitMs: 300 } });
  const tenantId = newId();
  const authorization = `Bearer ${await api.addKey('user', tenantId)}`;
  const get = (url: string, headers: Record<string, string> = {}) =>
    api.server.http.inject({ method: 'GET', url, headers: { authorization, ...headers } });
  return { api, get, authorization, tenantId };
}

test('a list is paged to its end, and every item is shown once', async (t) => {
  const { get } = await start(t);
  const seen: string[] = [];
  let url: string | null = '/api/v1/names?limit=2';
  let pages = 0;
  while (url !== null) {
    const reply: Awaited<ReturnType<typeof get>> = await get(url);
    t.equal(reply.statusCode, 200);
    seen.push(...reply.json<NameList>().data);
    url = /^<([^>]+)>; rel="next"$/.exec(String(reply.headers.link))?.[1] ?? null;
    t.equal(url === null, reply.json<NameList>().next_cursor === null);
    pages += 1;
  }
  t.same(seen, names);
  t.equal(pages, 3);
});

test('a list tells the position it was read at, and the cursor to follow from', async (t) => {
  const { api, get, tenantId } = await start(t);
  const reply = await get('/api/v1/names');
  t.equal(reply.headers['loopledger-position'], '12');
  t.equal(api.server.api.cursors.openFeed(tenantId, reply.json<NameList>().changes_cursor), 12);
  t.equal(reply.json<NameList>().total, undefined);
  t.equal((await get('/api/v1/names?count=exact')).json<NameList>().total, 5);
});

test('a cursor survives another limit, and nothing else', async (t) => {
  const { api, get } = await start(t);
  const cursor = (await get('/api/v1/names?limit=2&long=false')).json<NameList>().next_cursor as string;
  t.same((await get(`/api/v1/names?limit=1&long=false&cursor=${cursor}`)).json<NameList>().data, ['cy']);
  const stranger = `Bearer ${await api.addKey('user', newId())}`;
  for (const [url, headers] of [
    [`/api/v1/names?long=true&cursor=${cursor}`, {}],
    [`/api/v1/names?cursor=${cursor}`, {}],
    [`/api/v1/names?long=false&cursor=${cursor}`, { authorization: stranger }],
    ['/api/v1/names?cursor=AAAA', {}],
  ] as const) {
    const reply = await get(url, headers);
    t.equal(reply.statusCode, 400);
    t.equal(reply.json<{ code: string }>().code, 'cursor_invalid');
  }
});

test('a limit outside 1 to 200 is refused', async (t) => {
  const { get } = await start(t);
  for (const limit of ['0', '201', '-1', '1.5', 'all', '', '2&limit=3']) {
    t.equal((await get(`/api/v1/names?limit=${limit}`)).statusCode, 400, limit);
  }
});

test('an unchanged object is not sent again', async (t) => {
  const { get } = await start(t);
  const url = `/api/v1/notes/${newId()}`;
  const etag = String((await get(url)).headers.etag);
  for (const tags of [etag, `W/${etag}`, `"v1", ${etag}`, '*']) {
    const reply = await get(url, { 'if-none-match': tags });
    t.equal(reply.statusCode, 304, tags);
    t.equal(reply.body, '');
    t.equal(reply.headers.etag, etag);
    t.equal(reply.headers['content-type'], undefined);
  }
  t.equal((await get(url, { 'if-none-match': '"v6"' })).statusCode, 200);
});

test('a HEAD answers like a GET without its body', async (t) => {
  const { api, authorization } = await start(t);
  const url = await api.server.http.listen({ port: 0, host: '127.0.0.1' });
  const path = `/api/v1/notes/${newId()}`;
  const got = await fetch(url + path, { headers: { authorization } });
  const text = await got.text();
  const head = await fetch(url + path, { method: 'HEAD', headers: { authorization } });
  t.equal(head.status, 200);
  t.equal(head.headers.get('content-length'), String(Buffer.byteLength(text)));
  t.equal(await head.text(), '');
});

test('a reader may ask to see a position, waits for it, and is told when it does not come', async (t) => {
  const { api, get, authorization } = await start(t);
  const url = `/api/v1/notes/${newId()}`;
  t.equal((await get(url, { 'loopledger-min-position': '0' })).statusCode, 200);
  const startedMs = performance.now();
  const late = await get(url, { 'loopledger-min-position': '1' });
  t.equal(late.statusCode, 503);
  t.match(late.json(), { code: 'position_not_reached' });
  t.equal(late.headers['retry-after'], '1');
  t.ok(performance.now() - startedMs >= 200);
  Object.assign(api.server.api.options, { minPositionWaitMs: patienceMs });
  const waiting = get(url, { 'loopledger-min-position': '1' });
  await api.server.http.inject({
    method: 'POST',
    url: '/api/v1/notes',
    headers: { authorization },
    payload: { title: 'One' },
  });
  t.equal((await waiting).statusCode, 200);
});
