// What the programs say when the server does not do what they ask.
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { evaluate } from '../../bench/evaluation/evaluate.ts';
import { readEvaluationOptions } from '../../bench/evaluation/options.ts';
import { EvaluationServer } from '../../bench/evaluation/server.ts';

async function answering(t: Test, status: number, body: string, patienceMs = 0): Promise<EvaluationServer> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const place = server.address();
  return new EvaluationServer(`http://127.0.0.1:${typeof place === 'object' ? place?.port : ''}`, 'key', patienceMs);
}

test('a refusal is told by its sentence and the places that it names', async (t) => {
  const problem = {
    title: 'Wrong',
    code: 'body_invalid',
    detail: 'The body does not fit.',
    errors: [{ pointer: '/cases/0/name', code: 'required', detail: 'is required' }],
  };
  const server = await answering(t, 400, JSON.stringify(problem));
  await t.rejects(server.finish('7'), {
    message: 'POST /evaluations/7/finish: 400 body_invalid: The body does not fit.\n  /cases/0/name is required',
  });
  const other = await answering(t, 500, '<h1>Broken</h1>');
  await t.rejects(other.finish('7'), { message: 'POST /evaluations/7/finish: 500 <h1>Broken</h1>' });
  const busy = await answering(t, 503, '<h1>Busy</h1>', 600);
  await t.rejects(busy.finish('7'), { message: 'POST /evaluations/7/finish: 503 <h1>Busy</h1>' }, 'and not for ever');
});

test('a server that was there is waited for, and a write that is tried again has the same name', async (t) => {
  const names: unknown[] = [];
  // Busy, then gone in the middle of an answer, then well.
  const answers: readonly ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end('busy'),
    (response) => response.destroy(),
    (response) => response.writeHead(200).end('{"id":"7"}'),
    (response) => response.writeHead(200).end('{"id":"7"}'),
  ];
  const server = createServer((request, response) => {
    const answer = answers[names.length];
    names.push(request.headers['idempotency-key']);
    answer?.(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const place = server.address();
  const client = new EvaluationServer(`http://127.0.0.1:${typeof place === 'object' ? place?.port : ''}`, 'key');
  t.match(await client.finish('7'), { id: '7' });
  await client.finish('7');
  t.equal(names.length, 4);
  t.equal(typeof names[0], 'string');
  t.same(names.slice(0, 3), [names[0], names[0], names[0]]);
  t.not(names[3], names[0]);
});

test('a server that is not there is named, with what to do', async (t) => {
  // Nothing listens there: it is the port of nothing.
  const server = new EvaluationServer('http://127.0.0.1:1', 'key');
  await t.rejects(server.finish('7'), {
    message: /^No server answers at http:\/\/127\.0\.0\.1:1\/api\/v1 \(.*(?:ECONNREFUSED|bad port).*\)\. Start it/,
  });
});

test('cases that cannot be read are told by the name of their file', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-cases-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'cases.json');
  writeFileSync(file, '[{"name": }]');
  const server = await answering(t, 200, '{"data": [], "next_cursor": null}');
  const options = (cases: string) => readEvaluationOptions(['--set', 'a', '--key', 'k', '--cases', cases], {});
  for (const cases of [file, path.join(folder, 'none.json')]) {
    await t.rejects(
      evaluate(server, options(cases), () => undefined),
      { message: new RegExp(`^The cases in ${cases} cannot be read: .`) },
    );
  }
});
