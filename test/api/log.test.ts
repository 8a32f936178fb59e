import { test } from 'tap';
import { createLogger } from '../../api/log.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { startTestApi } from './harness.ts';

function capture() {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level: 'info', write: (line) => lines.push(line) }) };
}

test('a line has a level, a time and a message', (t) => {
  const { lines, logger } = capture();
  logger.info({ status: 200 }, 'request');
  t.match(JSON.parse(lines[0] as string), {
    level: 'info',
    status: 200,
    message: 'request',
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  });
  t.end();
});

test('a key never reaches the log, wherever it hides', (t) => {
  const { lines, logger } = capture();
  const { secret } = newKey('live');
  const error = Object.assign(new Error(`no row for ${secret}`), {
    parameters: [secret],
    detail: 'Key (name)=(Ada)',
    code: '23505',
  });
  logger.error({ err: error, header: `Bearer ${secret}`, deep: { list: [secret] } }, `failed for ${secret}`);
  t.notMatch(lines.join(''), secret);
  t.match(lines.join(''), '[secret]');
  t.notMatch(lines.join(''), 'Ada');
  t.match(JSON.parse(lines[0] as string), { err: { name: 'Error', code: '23505', stack: String } });
  t.end();
});

test('the line of a request has its listed fields and no other', async (t) => {
  const api = await startTestApi(t);
  const tenantId = newId();
  const secret = await api.addKey('user', tenantId);
  const headers = { authorization: `Bearer ${secret}`, 'user-agent': 'canary-agent', cookie: 'canary=cookie' };
  await api.server.http.inject({ url: `/api/v1/notes/${newId()}?size=4711`, headers });
  await api.server.http.inject({ method: 'POST', url: '/api/v1/notes', headers, payload: { title: 'canary-title' } });
  const requests = api.logged.map((line) => JSON.parse(line) as object);
  t.equal(requests.length, 2);
  for (const line of requests) {
    t.same(Object.keys(line).sort(), [
      'key_id',
      'message',
      'method',
      'ms',
      'operation',
      'request_id',
      'route',
      'status',
      'tenant_id',
    ]);
  }
  t.notMatch(api.logged.join(''), /canary|4711|ll_live/);
  t.match(api.logged.join(''), tenantId);
});
