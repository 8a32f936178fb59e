import { test } from 'tap';
import { advanceRun, requestRun, takeRun } from '../../commands/run.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { request as command } from '../support/ledger.ts';
import { modelCalled, runRequest } from '../support/run.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const url = '/api/v1/alerts';
const rulesUrl = '/api/v1/alert-rules';
const by = { actor: systemActor };

async function spend({ ledger }: TestServer, tenantId: string, micros: readonly number[]): Promise<string> {
  const run_id = newId();
  await ledger.execute(command(tenantId, requestRun, runRequest(run_id), by));
  await ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
  for (const [at, cost_micros] of micros.entries()) {
    const facts = [modelCalled(at + 1, { cost_micros })];
    await ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts }, by));
  }
  return run_id;
}

test('a costly run is told of in the feed and in a list, and a person acknowledges it', async (t) => {
  const server = await startTestServer(t);
  const { say } = server;
  const { tenantId, userKey: key, orchestratorKey, agentKey } = await server.found();
  const { userKey: stranger } = await server.found();
  const run_id = await spend(server, tenantId, [400_000, 200_000, 200_000]);
  const listed = await say('GET', `${url}?status=raised&run_id=${run_id}`, { key: orchestratorKey });
  t.match(listed.body.data, [{ run_id, rule: 'costly', above: 500_000, value: 600_000, status: 'raised' }]);
  t.equal(listed.body.data.length, 1);
  const { id } = listed.body.data[0] as { id: string };
  const { body: fed } = await say('GET', '/api/v1/changes?types=alert.*', { key });
  t.match(fed.data, [{ type: 'alert.raised', stream: { type: 'alert', id }, data: { run_id, rule: 'costly' } }]);
  t.same((await say('GET', `${url}/${id}`, { key })).body, listed.body.data[0]);
  t.equal((await say('GET', `${url}/${id}`, { key: stranger })).body.code, 'alert_not_found');
  t.same((await say('GET', url, { key: stranger })).body.data, []);
  t.equal((await say('GET', url, { key: agentKey })).body.code, 'role_forbidden');
  const act = `${url}/${id}/acknowledge`;
  t.equal((await say('POST', act, { key: orchestratorKey })).body.code, 'role_forbidden');
  t.equal((await say('POST', act, { key: stranger })).body.code, 'alert_not_found');
  const seen = await say('POST', act, { key });
  t.match(seen.body, { version: 2, status: 'acknowledged' });
  t.same((await say('GET', `${url}?status=acknowledged&rule=costly`, { key })).body.data, [seen.body]);
  t.same((await say('GET', `${url}?status=raised`, { key })).body.data, []);
});

test('rules hold from the start and are replaced as a whole', async (t) => {
  const server = await startTestServer(t);
  const { say } = server;
  const { tenantId, userKey: key, orchestratorKey } = await server.found();
  const first = await say('GET', rulesUrl, { key: orchestratorKey });
  t.match(first.body, { version: 0, updated_at: null });
  t.same(
    (first.body['rules'] as { name: string }[]).map(({ name }) => name),
    ['costly', 'many-turns', 'tool-errors', 'slow'],
  );
  const rules = [{ name: 'any', measure: 'turns', above: 0, project_id: null }];
  t.equal((await say('PUT', rulesUrl, { key: orchestratorKey, body: { rules } })).body.code, 'role_forbidden');
  const twice = await say('PUT', rulesUrl, { key, body: { rules: [...rules, ...rules] } });
  t.equal(twice.body.code, 'alert_rule_twice');
  const odd = [{ ...rules[0], measure: 'weather' }];
  t.equal((await say('PUT', rulesUrl, { key, body: { rules: odd } })).body.code, 'body_invalid');
  t.match((await say('PUT', rulesUrl, { key, body: { rules } })).body, { version: 1, rules });
  t.match((await say('GET', rulesUrl, { key })).body, { version: 1, rules });
  const run_id = await spend(server, tenantId, [900_000]);
  t.match((await say('GET', url, { key })).body.data, [{ run_id, rule: 'any', value: 1 }]);
});
