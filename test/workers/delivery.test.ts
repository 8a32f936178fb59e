import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import { type Test, test } from 'tap';
import { administer } from '../support/database.ts';
import { answer, type Received, startReceiver } from '../support/receiver.ts';
import { type Founded, type Heard, startTestServer } from '../support/server.ts';
import { startTestWorkers, until } from '../support/workers.ts';

const webhooks = '/api/v1/webhooks';

async function start(t: Test) {
  const server = await startTestServer(t, { webhookAllowPrivate: true, webhookTestWaitMs: 5_000 });
  const founded = await server.found();
  const workers = startTestWorkers(t, server.urls);
  const { say } = server;
  const key = founded.userKey;
  const post = (path: string, body?: unknown): Promise<Heard> =>
    say('POST', path, { key, ...(body === undefined ? {} : { body }) });
  const project = async (name: string): Promise<string> =>
    (await post('/api/v1/projects', { name, slug: name })).body.id;
  const hook = async (body: object): Promise<{ id: string; secret: string }> => {
    const { body: made } = await post(webhooks, { event_types: ['project.*'], ...body });
    return { id: made.id, secret: made['secret'] as string };
  };
  const deliveries = async (id: string) => (await say('GET', `${webhooks}/${id}/deliveries`, { key })).body.data;
  const read = (path: string) => say('GET', path, { key });
  return { ...server, founded, workers, post, project, hook, deliveries, read };
}

type Stage = Awaited<ReturnType<typeof start>>;

function verify(secret: string, { headers, body }: Received): unknown {
  const signed = headers as Record<string, string>;
  new Svix(secret).verify(body, signed);
  return new Standard(secret).verify(body, signed);
}

/** As if nobody had to wait. */
async function hurry({ urls }: Stage): Promise<void> {
  await administer(urls.adminUrl, async (client) => {
    await client.query(`update platform.webhook_deliveries set due_at = now() where status = 'pending'`);
    await client.query(`update platform.webhook_lanes set due_at = now(), closed_until = null, claimed_until = now()`);
  });
}

test('a delivery carries the event of the log, and two verifiers of others accept it, also during a rotation', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  const { id, secret } = await stage.hook({ url: `${receiver.url}/in?x=1` });
  const projectId = await stage.project('orbit');
  await until('the first is here', () => receiver.received.length === 1);
  const [first] = receiver.received as [Received];
  const sent = verify(secret, first) as { type: string; timestamp: string; data: Record<string, unknown> };
  const { data: log } = (await stage.read('/api/v1/changes?types=project.*')).body;
  const { leaf_hash: _leaf, chain_hash: _chain, ...event } = log[0] as Record<string, unknown>;
  t.same(sent, { type: 'project.created', timestamp: event['recorded_at'], data: event });
  t.equal((sent.data['stream'] as { id: string }).id, projectId);
  t.equal(first.path, '/in?x=1');
  const rotated = await stage.post(`${webhooks}/${id}/rotate`, { grace_seconds: 600 });
  await stage.project('rotating');
  await until('the second is here', () => receiver.received.length === 2);
  const second = receiver.received[1] as Received;
  t.equal(String(second.headers['webhook-signature']).split(' ').length, 2);
  for (const one of [secret, rotated.body['secret'] as string]) t.ok(verify(one, second));
  await stage.post(`${webhooks}/${id}/rotate`, { grace_seconds: 0 });
  await stage.project('rotated');
  await until('the third is here', () => receiver.received.length === 3);
  t.throws(() => verify(secret, receiver.received[2] as Received), 'the first secret signs no more');
  t.throws(() => verify(secret, { ...first, body: first.body.replace('orbit', 'orbis') }), 'a changed body is found');
  t.same(stage.workers.warnings, []);
});

test('only what matches type and project is sent, and nothing from before the webhook', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  const [one, other] = [await stage.project('one'), await stage.project('other')];
  await stage.hook({ url: receiver.url, event_types: ['epic.created', 'story.*'], project_id: one });
  for (const project of [other, one]) await stage.post(`/api/v1/projects/${project}/epics`, { title: 'Epic' });
  await until('it is here', () => receiver.received.length === 1);
  await stage.workers.close();
  const [{ body }] = receiver.received as [Received];
  t.match(JSON.parse(body), { type: 'epic.created', data: { project_id: one } });
  t.equal(receiver.received.length, 1);
});

test('a delivery is tried again under the same id, and its attempts are told', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t, (request, response, count) =>
    answer(count === 1 ? 503 : 200, { 'content-type': 'text/plain' }, count === 1 ? 'not\0now' : 'thanks')(
      request,
      response,
      count,
    ),
  );
  const { id } = await stage.hook({ url: receiver.url });
  await stage.project('orbit');
  await until('the first try is told', async () => (await stage.deliveries(id))[0]?.['attempts'] === 1);
  const [waiting] = await stage.deliveries(id);
  const triedMs = performance.timeOrigin + (receiver.received[0]?.atMs ?? 0);
  const waitMs = Date.parse(waiting?.['due_at'] as string) - triedMs;
  t.ok(waitMs > 3_900 && waitMs < 30_000, `the next is ${waitMs} ms after it`);
  await hurry(stage);
  await until('it is delivered', async () => (await stage.deliveries(id))[0]?.['status'] === 'delivered');
  const told = (await stage.read(`${webhooks}/${id}/deliveries/${waiting?.id}`)).body;
  t.match(told, {
    attempts: 2,
    log: [
      {
        attempt: 1,
        taken: false,
        error: 'http_5xx',
        response: { status: 503, body: 'not\uFFFDnow', truncated: false },
      },
      {
        attempt: 2,
        taken: true,
        error: null,
        response: { status: 200, body: 'thanks' },
        request: { url: receiver.url },
      },
    ],
  });
  t.equal(receiver.received[0]?.headers['webhook-id'], waiting?.id);
  t.equal(receiver.received[1]?.headers['webhook-id'], waiting?.id);
});

test('a claim whose worker was killed is sent by another one', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  const { id } = await stage.hook({ url: receiver.url });
  await stage.workers.close();
  await stage.project('orbit');
  await administer(stage.urls.workerUrl, async (client) => {
    const tenant = stage.founded.tenantId;
    await client.query('select platform.fan_out($1, 1000)', [tenant]);
    const { rows } = await client.query('select deliveries from platform.claim_deliveries($1, $2, 64, 40)', [
      tenant,
      id,
    ]);
    t.equal((rows[0] as { deliveries: unknown[] }).deliveries.length, 1);
    const again = await client.query('select from platform.claim_deliveries($1, $2, 64, 40)', [tenant, id]);
    t.equal(again.rowCount, 0, 'nobody else gets it meanwhile');
  });
  startTestWorkers(t, stage.urls);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.equal(receiver.received.length, 0);
  await hurry(stage);
  await until('it is delivered', () => receiver.received.length === 1);
});

test('410 disables a webhook; what comes then is held, and is sent when it is enabled and recovered', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t, answer(410));
  const { id } = await stage.hook({ url: receiver.url });
  await stage.project('one');
  const status = async (): Promise<unknown> => (await stage.read(`${webhooks}/${id}`)).body['status'];
  await until('it is disabled', async () => (await status()) === 'disabled');
  await stage.project('two');
  await until('the second is held', async () => (await stage.deliveries(id)).length === 2);
  await hurry(stage);
  await until('the first is held', async () => (await stage.deliveries(id)).every((one) => one['status'] === 'held'));
  t.equal(receiver.received.length, 1);
  t.equal((await stage.post(`${webhooks}/${id}/test`)).body.code, 'webhook_disabled');
  t.equal((await stage.post(`${webhooks}/${id}/recover`, {})).body.code, 'webhook_disabled');
  receiver.behave(answer(200));
  await stage.post(`${webhooks}/${id}/enable`);
  const dry = await stage.post(`${webhooks}/${id}/recover`, { dry_run: true });
  t.same(dry.body, { count: 2, dry_run: true });
  t.equal((await stage.post(`${webhooks}/${id}/recover`, { until: '2026-01-01T00:00:00.000Z' })).body['count'], 0);
  t.equal(receiver.received.length, 1, 'a dry run sends nothing');
  t.equal((await stage.post(`${webhooks}/${id}/recover`, {})).body['count'], 2);
  await until('both are delivered', async () =>
    (await stage.deliveries(id)).every((one) => one['status'] === 'delivered'),
  );
  const own = async (): Promise<unknown[]> =>
    (await stage.read('/api/v1/changes?types=webhook.*')).body.data.map(({ type }) => type);
  await until('it is told', async () => (await own()).length === 4);
  t.same(await own(), ['webhook.created', 'webhook.disabled', 'webhook.enabled', 'webhook.recovered']);
});

test('a delivery is replayed under its id, and a test shows request and answer at once', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t, answer(200, { 'content-type': 'text/plain' }, 'hello'));
  const { id, secret } = await stage.hook({ url: receiver.url });
  await stage.project('one');
  await until('it is delivered', async () => (await stage.deliveries(id))[0]?.['status'] === 'delivered');
  const [delivery] = await stage.deliveries(id);
  const replayed = await stage.post(`${webhooks}/${id}/deliveries/${delivery?.id}/replay`);
  t.match(replayed.body, { id: delivery?.id, attempts: 1 });
  await until('it is here again', () => receiver.received.length === 2);
  t.equal(receiver.received[1]?.headers['webhook-id'], delivery?.id);
  const tried = await stage.post(`${webhooks}/${id}/test`);
  t.equal(tried.status, 201);
  t.match(tried.body, {
    event_type: 'webhook.test',
    status: 'delivered',
    log: [{ attempt: 1, taken: true, response: { status: 200, body: 'hello' } }],
  });
  t.match(verify(secret, receiver.received[2] as Received), { type: 'webhook.test' });
  t.equal((await stage.post(`${webhooks}/${id}/deliveries/${id}/replay`)).body.code, 'delivery_not_found');
});

test('with the order of the subject, an event waits for those of the same object before it', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t, answer(500));
  const { id } = await stage.hook({ url: receiver.url, ordering: 'subject' });
  const one = await stage.project('one');
  await stage.say('PATCH', `/api/v1/projects/${one}`, { key: stage.founded.userKey, body: { name: 'Two' } });
  await stage.project('other');
  const types = (): string[] => receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  await until('both objects were tried', () => receiver.received.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  t.same(new Set(types()), new Set(['project.created']), 'the change waits');
  receiver.behave(answer(200));
  await hurry(stage);
  await until('all are delivered', async () =>
    (await stage.deliveries(id)).every((entry) => entry['status'] === 'delivered'),
  );
  t.equal(types().at(-1), 'project.changed');
});

test('a breaker that is open is probed with one delivery', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t, answer(500));
  const { id } = await stage.hook({ url: receiver.url });
  for (let at = 0; at < 24; at += 1) await stage.project(`p-${at}`);
  await until('all are there', async () => (await stage.deliveries(id)).length === 24);
  const isOpen = async (): Promise<boolean> => {
    let open = false;
    await administer(stage.urls.adminUrl, async (client) => {
      const { rows } = await client.query(
        'select from platform.webhook_lanes where closed_until > now() and due_at = closed_until',
      );
      open = rows.length === 1;
    });
    return open;
  };
  const fares = async (): Promise<unknown> => (await stage.read(`${webhooks}/health`)).body.data;
  await until('the breaker is open', isOpen);
  const [told] = (await fares()) as { failures_in_row: number; probe_at: string; recent: object }[];
  t.match(told, { webhook_id: id, breaker: 'open', recent: { delivered: 0, failed: 0, held: 0, pending: 24 } });
  t.ok((told?.failures_in_row ?? 0) >= 10);
  t.ok(Date.parse(told?.probe_at ?? '') > Date.now());
  // What was under way when it opened may still arrive.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = receiver.received.length;
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  t.equal(receiver.received.length, before, 'nothing is sent');
  await hurry(stage);
  await until('a probe was sent', () => receiver.received.length === before + 1);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  t.equal(receiver.received.length, before + 1, 'and one alone');
  receiver.behave(answer(200));
  await hurry(stage);
  await until('the rest follows', async () =>
    (await stage.deliveries(id)).every((one) => one['status'] === 'delivered'),
  );
  t.match(await fares(), [{ breaker: 'closed', probe_at: null, failures_in_row: 0, failing_since: null }]);
  const list = `${webhooks}/${id}/deliveries`;
  const backwards = (await stage.read(`${list}?order=newest&limit=20`)).body as unknown as {
    readonly data: readonly { readonly id: string }[];
    readonly next_cursor: string;
  };
  const rest = (await stage.read(`${list}?order=newest&cursor=${backwards.next_cursor}`)).body.data;
  const forwards = (await stage.deliveries(id)).map((one) => one.id);
  t.same([...backwards.data, ...rest].map((one) => one.id).toReversed(), forwards);
  t.equal((await stage.read(`${list}?order=oldest&cursor=${backwards.next_cursor}`)).status, 400);
});

test('one tenant sees nothing of the deliveries of another', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  const { id } = await stage.hook({ url: receiver.url });
  await stage.project('one');
  await until('it is delivered', async () => (await stage.deliveries(id))[0]?.['status'] === 'delivered');
  const [delivery] = await stage.deliveries(id);
  const other: Founded = await stage.found();
  const key = other.userKey;
  for (const [method, path, code] of [
    ['GET', `${webhooks}/${id}/deliveries`, 'webhook_not_found'],
    ['GET', `${webhooks}/${id}/deliveries/${delivery?.id}`, 'delivery_not_found'],
    ['POST', `${webhooks}/${id}/deliveries/${delivery?.id}/replay`, 'webhook_not_found'],
    ['POST', `${webhooks}/${id}/test`, 'webhook_not_found'],
  ] as const) {
    t.equal((await stage.say(method, path, { key })).body.code, code, `${method} ${path}`);
  }
  t.same((await stage.say('GET', `${webhooks}/health`, { key })).body.data, []);
  await stage.say('POST', '/api/v1/projects', { key, body: { name: 'theirs', slug: 'theirs' } });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.equal(receiver.received.length, 1);
});

test('a delivery is signed by a key of which the receiver has the public half alone, when it is asked for', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  const { id, secret } = await stage.hook({ url: receiver.url, signature: 'v1a' });
  t.match(secret, /^whpk_/);
  await stage.project('orbit');
  await until('it is here', () => receiver.received.length === 1);
  const isSigned = ({ headers, body }: Received, text: string): boolean =>
    String(headers['webhook-signature'])
      .split(' ')
      .filter((part) => part.startsWith('v1a,'))
      .some((part) => {
        const x = Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url');
        const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
        const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
        return verifyBytes(null, Buffer.from(content), key, Buffer.from(part.slice('v1a,'.length), 'base64'));
      });
  const [first] = receiver.received as [Received];
  t.ok(isSigned(first, secret));
  t.notOk(isSigned({ ...first, body: `${first.body} ` }, secret), 'a changed body is found');
  const rotated = await stage.post(`${webhooks}/${id}/rotate`, { grace_seconds: 600, signature: 'v1' });
  await stage.project('rotating');
  await until('the second is here', () => receiver.received.length === 2);
  const second = receiver.received[1] as Received;
  t.ok(isSigned(second, secret), 'in the grace both sign');
  t.ok(verify(rotated.body['secret'] as string, second), 'and others verify the one that they know');
});

test('a delivery goes on in the trace of the request that it came of', async (t) => {
  const stage = await start(t);
  const receiver = await startReceiver(t);
  await stage.hook({ url: receiver.url });
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const key = stage.founded.userKey;
  await stage.say('POST', '/api/v1/projects', { key, headers, body: { name: 'Orbit', slug: 'orbit' } });
  await stage.project('other');
  await until('both are here', () => receiver.received.length === 2);
  const traces = receiver.received.map(({ headers: sent }) => String(sent['traceparent']));
  t.ok(
    traces.every((text) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(text)),
    traces.join(' '),
  );
  t.equal(traces.filter((text) => text.includes(trace)).length, 1);
  t.notOk(
    traces.some((text) => text.includes('00f067aa0ba902b7')),
    'each attempt is a span of its own',
  );
});
