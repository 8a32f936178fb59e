// A run that another process works on, watched here: its live output comes by the database.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { putContent } from '../../sql/content.ts';
import { hearRuns, tellRun, watchRuns } from '../../sql/run-delta.ts';
import { newId } from '../../kernel/id.ts';
import { openDatabase } from '../../sql/database.ts';
import type { Asker } from '../../runs/step.ts';
import { administer, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { skipWithoutPooler, startPooler } from '../support/pooler.ts';
import { startTestRunner } from '../support/run-engine.ts';
import { modelCalled } from '../support/run.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { until } from '../support/workers.ts';

const url = '/api/v1/runs';
const ask = { prompt: 'Write add(a, b).', language: 'python' };
const pieces = Array.from({ length: 20 }, (_, n) => `piece ${n} `);

/** Says a piece every now and then, and writes its call down when it may: what is on its way when a run ends is dropped. */
function talkingAsker(server: TestServer, tenantId: string, mayEnd: () => Promise<void>): Asker {
  return async ({ run, prompt, record, onText }) => {
    for (const piece of pieces) {
      onText(piece);
      await sleep(60);
    }
    await mayEnd();
    const text = pieces.join('');
    const output = await putContent(server.database, tenantId, Buffer.from(text));
    await record(modelCalled(run.calls + 1, { prompt: { ...prompt }, output: { ...output } }));
    return { text };
  };
}

interface Heard {
  readonly texts: string[];
  readonly events: string[];
}

async function follow(server: TestServer, key: string, id: string, heard: Heard): Promise<void> {
  const response = await fetch(`${server.url}${url}/${id}/stream`, { headers: { authorization: `Bearer ${key}` } });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const data = JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? '{}') as { type?: string; text?: string };
      if (part.startsWith('event: delta')) heard.texts.push(data.text ?? '');
      else if (data.type !== undefined) heard.events.push(data.type);
    }
  }
}

async function watchOne(t: Test, server: TestServer, runnerUrls: TestDatabase): Promise<Heard> {
  const { userKey: key, tenantId } = await server.found();
  const heard: Heard = { texts: [], events: [] };
  const allHeard = () => until('all is heard', () => heard.texts.join('').length >= pieces.join('').length);
  startTestRunner(t, runnerUrls, { ask: talkingAsker(server, tenantId, allHeard) });
  const { id } = (await server.say('POST', url, { key, body: { ...ask, needs_approval: true } })).body;
  const following = follow(server, key, id, heard);
  await administer(runnerUrls.adminUrl, (client) =>
    until('it is watched', async () => (await client.query('select from platform.run_watches')).rowCount === 1),
  );
  t.equal((await server.say('POST', `${url}/${id}/approve`, { key })).status, 200);
  await following;
  return heard;
}

test('live output of a run comes from another process, whole and in its order', async (t) => {
  const server = await startTestServer(t);
  const { texts, events } = await watchOne(t, server, server.urls);
  t.equal(texts.join(''), pieces.join(''));
  t.equal(events.at(-1), 'run.succeeded');
});

test('through a pooler in transaction mode it comes too', { skip: skipWithoutPooler }, async (t) => {
  const direct = await createTestDatabase(t);
  const pooler = await startPooler(t, direct.appUrl, 4);
  const server = await startTestServer(t, {}, { ...direct, appUrl: pooler.through(direct.appUrl) });
  const { texts } = await watchOne(t, server, direct);
  t.equal(texts.join(''), pieces.join(''));
});

test('of a run that nobody watches nothing is laid down', async (t) => {
  const server = await startTestServer(t);
  const { userKey: key, tenantId } = await server.found();
  startTestRunner(t, server.urls, { ask: talkingAsker(server, tenantId, () => Promise.resolve()) });
  await administer(server.urls.adminUrl, async (client) => {
    await client.query(
      `create table public.laid (n integer);
       create function public.lay() returns trigger language plpgsql as
         $$ begin insert into public.laid values (1); return null; end $$;
       create trigger lay after insert on platform.run_deltas execute function public.lay();
       grant insert on public.laid to public`,
    );
    const { id } = (await server.say('POST', url, { key, body: ask })).body;
    await until('its end', async () => (await server.say('GET', `${url}/${id}`, { key })).body['outcome'] !== null);
    t.equal((await client.query('select from public.laid')).rowCount, 0);
    t.equal((await client.query('select from platform.run_watches')).rowCount, 0);
  });
});

test('whoever takes nothing gets no more than waits for it, and others are not held up', async (t) => {
  const { urls } = await startTestServer(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, stranger, runId, quick, slow, here] = Array.from({ length: 6 }, newId) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const run = { tenantId, runId };
  for (const watcher of [quick, slow, here]) await watchRuns(database, watcher, [run], 60);
  await watchRuns(database, quick, [{ tenantId: stranger, runId }], 60);
  let heard = 0;
  for (let n = 0; n < 100; n += 1) {
    await tellRun(database, { ...run, but: here, deltaId: newId(), told: `[${n}]` });
    const got = await hearRuns(database, quick, [{ tenantId: stranger, runId }, run]);
    t.same(got, [{ ...run, told: [n] }]);
    heard += got.length;
  }
  t.equal(heard, 100);
  const left = await hearRuns(database, slow, [run]);
  t.same(
    left.map(({ told }) => told[0]),
    Array.from({ length: 40 }, (_, n) => n),
    'the first ones, in their order',
  );
  t.same(await hearRuns(database, here, [run]), [], 'who says it is not told');
});

test('who has not said for a while that it watches is told nothing, and what is left of it is cleared away', async (t) => {
  const { urls } = await startTestServer(t);
  const database = openDatabase({ url: urls.workerUrl, max: 2, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const [tenantId, runId, here, gone, other] = [newId(), newId(), newId(), newId(), newId()];
  const run = { tenantId, runId };
  const tell = () => tellRun(database, { ...run, but: here, deltaId: newId(), told: '[]' });
  await watchRuns(database, gone, [run], 60);
  t.equal(await tell(), 1);
  await administer(urls.adminUrl, async (client) => {
    await client.query(`update platform.run_watches set watched_until = now() - interval '1 s'`);
    t.equal(await tell(), 0);
    await client.query(`update platform.run_deltas set told_at = now() - interval '2 minutes'`);
    await watchRuns(database, other, [run], 60);
    const { rows } = await client.query('select watcher from platform.run_watches');
    t.same(rows, [{ watcher: other }]);
    t.equal((await client.query('select from platform.run_deltas')).rowCount, 0);
  });
  t.equal(await tell(), 1, 'whoever came for it');
});
