import { test } from 'tap';
import { advanceRun, takeRun } from '../../commands/run.ts';
import { RunSucceeded } from '../../events/run-fact.ts';
import { systemActor } from '../../kernel/actor.ts';
import { request as command } from '../support/ledger.ts';
import { executed, mendingFacts } from '../support/run.ts';
import { startTestServer } from '../support/server.ts';

const url = '/api/v1/benchmarks';
const told = { name: 'nightly', problem_set: 'custom', problems_sha256: 'a'.repeat(64), problems: 2 };

test('a benchmark is started, its runs are recorded, and its figures are read', async (t) => {
  const server = await startTestServer(t);
  const { say } = server;
  const { orchestratorKey: key, agentKey, tenantId } = await server.found();
  const made = await say('POST', url, { key, body: told });
  t.equal(made.status, 201);
  const one = `${url}/${made.body.id}`;
  t.equal(made.headers.get('location'), one);
  t.match(made.body, { ...told, status: 'open', samples: 1, recorded: 0, figures: null });
  t.equal((await say('POST', url, { key, body: told })).body.code, 'benchmark_name_taken');
  t.equal((await say('POST', url, { key: agentKey, body: told })).body.code, 'role_forbidden');

  const solve = async (problem: string): Promise<string> => {
    const labels = { benchmark: made.body.id, problem, sample: '1' };
    const body = { prompt: 'Write add(a, b).', language: 'python', tests: 'assert add(1, 2) == 3', labels };
    const { id: run_id } = (await say('POST', '/api/v1/runs', { key, body })).body;
    const early = await say('POST', `${one}/results`, { key, body: { run_id } });
    t.equal(early.body.code, 'run_not_ended');
    const by = { actor: systemActor };
    const facts = [...mendingFacts, executed(2), { kind: RunSucceeded, data: { candidate: 2 } }];
    await server.ledger.execute(command(tenantId, takeRun, { run_id, worker: 'w', fence: 1 }, by));
    await server.ledger.execute(command(tenantId, advanceRun, { run_id, fence: 1, facts }, by));
    return run_id;
  };
  const runs = [await solve('a'), await solve('b')];
  const labels = { benchmark: made.body.id, problem: 'b', sample: '1' };
  const later = await say('POST', '/api/v1/runs', { key, body: { prompt: 'Again.', language: 'python', labels } });
  await say('POST', `/api/v1/runs/${later.body.id}/cancel`, { key });
  const refused = await say('POST', `${one}/results`, { key, body: { run_id: later.body.id } });
  t.equal(refused.body.code, 'benchmark_run_later');
  t.equal((await say('POST', `${one}/finish`, { key })).body.code, 'benchmark_incomplete');
  for (const run_id of [...runs, ...runs]) {
    t.equal((await say('POST', `${one}/results`, { key, body: { run_id } })).status, 200);
  }
  const first = await say('GET', `${one}/results?limit=1`, { key: agentKey });
  t.match(first.body.data, [{ run_id: runs[0], problem: 'a', category: 'custom', is_solved: true, calls: 1 }]);
  const second = await say('GET', `${one}/results?limit=1&cursor=${String(first.body.next_cursor)}`, { key: agentKey });
  t.match(second.body, { data: [{ run_id: runs[1], problem: 'b' }], next_cursor: null });

  const finished = await say('POST', `${one}/finish`, { key });
  t.match(finished.body, { status: 'finished', recorded: 2, solved: 2, figures: { runs: 2, solved_at_once: 0 } });
  t.same((await say('GET', one, { key: agentKey })).body, finished.body);
  const again = (await say('POST', url, { key, body: told })).body;
  t.equal((await say('POST', `${url}/${again.id}/abandon`, { key })).body.status, 'abandoned');
  const list = async (query: string): Promise<unknown[]> =>
    (await say('GET', `${url}?${query}`, { key: agentKey })).body.data.map(({ id }) => id);
  t.same(await list('name=nightly'), [again.id, made.body.id], 'the latest first');
  t.same(await list('status=finished&problem_set=custom'), [made.body.id]);
  t.same(await list('problem_set=mbpp'), []);
});

test('a benchmark of another tenant is none', async (t) => {
  const { say, found } = await startTestServer(t);
  const [{ userKey: key }, { userKey: stranger }] = [await found(), await found()];
  const one = `${url}/${(await say('POST', url, { key, body: told })).body.id}`;
  for (const place of ['', '/results']) {
    t.equal((await say('GET', `${one}${place}`, { key: stranger })).body.code, 'benchmark_not_found', place);
  }
  for (const act of ['finish', 'abandon']) {
    t.equal((await say('POST', `${one}/${act}`, { key: stranger })).body.code, 'benchmark_not_found', act);
  }
  t.same((await say('GET', url, { key: stranger })).body.data, []);
});
