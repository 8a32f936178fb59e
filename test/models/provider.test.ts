import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { Type } from 'typebox';
import { limitBody } from '../../models/bounded-fetch.ts';
import { openProvider } from '../../models/provider.ts';
import { bestOf, msOf } from '../support/pace.ts';
import { failureBy, providersOf, questionOf, startModelServer } from '../support/model-server.ts';

const usage = { prompt_tokens: 11, completion_tokens: 7, input_tokens: 11, output_tokens: 7 };

test('an answer comes in pieces, with its tokens and the model that gave it', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'Hello there, and good day to you.', usage, model: 'm-1-2026' });
  for (const { kind, provider } of providersOf(server)) {
    const pieces: string[] = [];
    const answer = await provider.ask(questionOf('hello', { onText: (piece) => pieces.push(piece) }));
    t.equal(answer.text, 'Hello there, and good day to you.', kind);
    t.equal(pieces.join(''), answer.text, kind);
    t.ok(pieces.length > 1, `${kind}: ${pieces.length} pieces`);
    t.same(answer.tokens, { input: 11, cached: 0, output: 7, reasoning: 0 }, kind);
    t.match(answer, { servedModel: 'm-1-2026', finishReason: 'stop' }, kind);
    t.ok(answer.firstTokenMs !== null && answer.firstTokenMs <= answer.latencyMs, kind);
  }
});

test('a provider is asked once, in the words it was given', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'Hi', usage });
  for (const { kind, provider } of providersOf(server)) {
    server.clearRequests();
    await provider.ask(questionOf('hello'));
    const [entry, ...more] = server.getRequests();
    t.equal(more.length, 0, kind);
    const said = JSON.stringify(entry?.body);
    t.match(said, 'Be brief.', kind);
    t.equal(entry?.headers['idempotency-key'], 'k-1', kind);
  }
});

test('an answer of a given shape is JSON, and one that is not is invalid', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('well', { content: '{"a":1}', usage });
  server.onMessage('badly', { content: 'Surely: {"a":1', usage });
  const shape = { name: 'thing', schema: Type.Object({ a: Type.Integer() }, { additionalProperties: false }) };
  for (const { kind, provider } of providersOf(server)) {
    t.equal((await provider.ask(questionOf('well', { shape }))).text, '{"a":1}', kind);
    const failure = await failureBy(() => provider.ask(questionOf('badly', { shape })));
    t.match(failure, { kind: 'invalid', isFree: false, tokens: { input: 11 }, text: 'Surely: {"a":1' }, kind);
  }
  const sent = JSON.stringify(server.getRequests().map(({ body }) => body));
  t.match(sent, '"additionalProperties":false', 'the provider is told of the shape');
});

test('a limited provider says when to come again', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { error: { message: 'slow down' }, status: 429, retryAfter: 7 });
  for (const { kind, provider } of providersOf(server)) {
    const failure = await failureBy(() => provider.ask(questionOf('hello')));
    t.match(failure, { kind: 'limited', retryAfterMs: 7_000, isFree: true }, kind);
    t.equal(server.getRequests().length, 1, `${kind} was asked once`);
    server.clearRequests();
  }
});

test('a status of a failure tells what kind it is', async (t) => {
  const server = await startModelServer(t);
  const table = { 400: 'rejected', 401: 'unauthorized', 404: 'rejected', 500: 'unavailable', 503: 'unavailable' };
  for (const [status, expected] of Object.entries(table)) {
    server.onMessage(`say ${status}`, { error: { message: 'sk-secret is wrong' }, status: Number(status) });
    for (const { kind, provider } of providersOf(server)) {
      const failure = await failureBy(() => provider.ask(questionOf(`say ${status}`)));
      t.equal(failure.kind, expected, `${kind} ${status}`);
      t.equal(failure.isFree, status !== '500', `${kind} ${status}`);
      t.notMatch(failure.message, 'sk-secret', 'what the provider says is not repeated');
    }
  }
});

test('an answer that is cut off is no answer, and may have cost something', async (t) => {
  const server = await startModelServer(t);
  const content = 'abcdefghij'.repeat(20);
  server.on({ userMessage: 'break off' }, { content }, { chunkSize: 5, truncateAfterChunks: 3, latency: 5 });
  server.on({ userMessage: 'vanish' }, { content }, { chunkSize: 5, disconnectAfterMs: 60, latency: 20 });
  for (const { kind, provider } of providersOf(server)) {
    for (const say of ['break off', 'vanish']) {
      const failure = await failureBy(() => provider.ask(questionOf(say)));
      t.match(failure, { kind: 'truncated', isFree: false }, `${kind} ${say}`);
    }
  }
});

test('an answer that ends at the limit of its length is truncated', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'def f(', usage, finishReason: 'length' });
  for (const { kind, provider } of providersOf(server).filter((one) => one.kind !== 'openai')) {
    const failure = await failureBy(() => provider.ask(questionOf('hello')));
    t.match(failure, { kind: 'truncated', isFree: false, tokens: { output: 7 }, text: 'def f(' }, kind);
  }
});

test('a provider that is silent for too long, or speaks for too long, is left', async (t) => {
  const server = await startModelServer(t);
  server.on({ userMessage: 'silent' }, { content: 'abc' }, { streamingProfile: { ttft: 1_500 } });
  server.on({ userMessage: 'endless' }, { content: 'abcdefghij'.repeat(30) }, { chunkSize: 2, latency: 20 });
  for (const { kind, provider } of providersOf(server, { firstTokenMs: 250, totalMs: 60_000 })) {
    const silent = await failureBy(() => provider.ask(questionOf('silent')));
    t.match(silent, { kind: 'timeout', isFree: false, message: /began within 250/ }, kind);
  }
  for (const { kind, provider } of providersOf(server, { firstTokenMs: 60_000, totalMs: 600 })) {
    const ms = await bestOf(1_500, () =>
      msOf(async () => {
        const endless = await failureBy(() => provider.ask(questionOf('endless')));
        t.match(endless, { kind: 'timeout', isFree: false, message: /whole answer within 600/ }, kind);
      }),
    );
    t.ok(ms < 1_500, `${kind}: ${ms} ms`);
  }
});

test('a question that is withdrawn ends at once', async (t) => {
  const server = await startModelServer(t);
  server.on({ userMessage: 'endless' }, { content: 'abcdefghij'.repeat(30) }, { chunkSize: 2, latency: 20 });
  for (const { kind, provider } of providersOf(server)) {
    const ms = await bestOf(1_000, () =>
      msOf(async () => {
        const question = questionOf('endless', { signal: AbortSignal.timeout(150) });
        t.equal((await failureBy(() => provider.ask(question))).kind, 'aborted', kind);
      }),
    );
    t.ok(ms < 1_000, `${kind}: ${ms} ms`);
    const early = await failureBy(() => provider.ask(questionOf('endless', { signal: AbortSignal.abort() })));
    t.equal(early.kind, 'aborted', kind);
  }
});

test('a provider that nobody can reach was never asked', async (t) => {
  const server = await startModelServer(t);
  const port = Number(new URL(server.url).port);
  await server.stop();
  for (const kind of ['openai', 'anthropic', 'compatible'] as const) {
    const provider = openProvider({ kind, baseUrl: `http://127.0.0.1:${port}/v1`, secret: null, fetch });
    const failure = await failureBy(() => provider.ask(questionOf('hello')));
    t.match(failure, { kind: 'unavailable', isFree: true }, kind);
  }
});

test('a server that counts nothing has told nothing', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('hello', { content: 'Hi' });
  const [openai] = providersOf(server);
  t.equal((await openai?.provider.ask(questionOf('hello')))?.tokens, null);
});

test('no redirect is followed, and nothing endless is read', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    if (request.url === '/v1/moved') response.writeHead(307, { location: '/elsewhere' }).end();
    else response.end('x'.repeat(10_000));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await t.rejects(limitBody(fetch)(`${base}/moved`, {}));
  t.same(asked, ['/v1/moved']);
  const large = await limitBody(fetch, 5_000)(`${base}/large`, {});
  await t.rejects(large.text(), { message: /too large/ });
});
