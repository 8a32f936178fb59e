// What the programs say when the server does not do what they ask.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { evaluate } from '../../bench/evaluation/evaluate.ts';
import { readEvaluationOptions } from '../../bench/evaluation/options.ts';
import { EvaluationServer } from '../../bench/evaluation/server.ts';

async function answering(t: Test, status: number, body: string): Promise<EvaluationServer> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const place = server.address();
  return new EvaluationServer(`http://127.0.0.1:${typeof place === 'object' ? place?.port : ''}`, 'key');
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
  const other = await answering(t, 502, '<h1>Bad gateway</h1>');
  await t.rejects(other.finish('7'), { message: 'POST /evaluations/7/finish: 502 <h1>Bad gateway</h1>' });
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
