import { test } from 'tap';
import { advanceRun, cancelRun, takeRun } from '../../commands/run.ts';
import { RunSucceeded } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import { request as command } from '../support/ledger.ts';
import { patienceMs } from '../support/pace.ts';
import { startTestServer } from '../support/server.ts';
import { until } from '../support/workers.ts';

const url = '/api/v1/runs';
const ask = { prompt: 'Write add(a, b).', language: 'python' };
const by = { actor: systemActor };

/** Everything that a stream says until it ends. */
async function* messages(response: Response): AsyncGenerator<{ readonly event: string; readonly data: unknown }> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (data !== undefined)
        yield { event: /^event: (.*)$/m.exec(part)?.[1] ?? '', data: JSON.parse(data) as unknown };
    }
  }
}

test('a stream of a run tells its events and its live output, and ends with it', async (t) => {
  const server = await startTestServer(t);
  const { userKey: key, tenantId } = await server.found();
  const { id: run_id } = (await server.say('POST', url, { key, body: ask })).body;
  const { id: other } = (await server.say('POST', url, { key, body: ask })).body;
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${server.url}${url}/${run_id}/stream`, { headers });
  t.match(response.headers.get('content-type'), 'text/event-stream');
  const told: unknown[] = [];
  for await (const { event, data } of messages(response)) {
    const { type } = data as { readonly type?: string };
    told.push(event === 'delta' ? data : type);
    if (type === 'run.requested') {
      server.server.api.topics.publish(tenantId, `run:${other}`, { text: 'of another' });
      server.server.api.topics.publish(tenantId, `run:${run_id}`, { text: 'tok' });
    }
    if (event === 'delta') {
      await server.ledger.execute(command(tenantId, cancelRun, { run_id: other }, by));
      await server.ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
      const facts = [{ kind: RunSucceeded, data: { candidate: null } }];
      await server.ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts }, by));
    }
  }
  t.same(told, ['run.requested', { text: 'tok' }, 'run.taken', 'run.succeeded']);
});

test('a stream that is taken up again after the end of its run ends at once', async (t) => {
  const server = await startTestServer(t);
  const { userKey: key } = await server.found();
  const { id } = (await server.say('POST', url, { key, body: ask })).body;
  await server.say('POST', `${url}/${id}/cancel`, { key });
  const follow = async (headers: Record<string, string>): Promise<string> => {
    const signal = AbortSignal.timeout(patienceMs);
    const authorization = `Bearer ${key}`;
    const response = await fetch(`${server.url}${url}/${id}/stream`, {
      headers: { authorization, ...headers },
      signal,
    });
    return await response.text();
  };
  const whole = await follow({});
  const ids = [...whole.matchAll(/^id: (.*)$/gm)].map(([, one]) => one ?? '');
  t.match(whole, 'run.cancelled');
  t.match(await follow({ 'last-event-id': ids[0] ?? '' }), 'run.cancelled', 'what was missed is told');
  t.notMatch(await follow({ 'last-event-id': ids.at(-1) ?? '' }), 'run.cancelled');
});

test('a stream of a run is for those alone who may see it', async (t) => {
  const server = await startTestServer(t);
  const [{ userKey: key }, { userKey: stranger }] = [await server.found(), await server.found()];
  const { id } = (await server.say('POST', url, { key, body: ask })).body;
  t.equal((await server.say('GET', `${url}/${id}/stream`, { key: stranger })).body.code, 'run_not_found');
  t.equal((await server.say('GET', `${url}/${id}/stream`)).status, 401);
});

test('whoever goes away from a stream leaves nothing behind', async (t) => {
  const server = await startTestServer(t);
  const { userKey: key } = await server.found();
  const { id } = (await server.say('POST', url, { key, body: ask })).body;
  for (let at = 0; at < 3; at += 1) {
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${server.url}${url}/${id}/stream`, { headers, signal: gone.signal });
    const reader = messages(response);
    await reader.next();
    gone.abort();
    await reader.next().catch(() => undefined);
  }
  const metrics = async () =>
    (await (await fetch(`${server.url}/metrics`)).text()).match(/loopledger_feed_parked (\d+)/)?.[1];
  await until('nobody is left', async () => (await metrics()) === '0');
});
