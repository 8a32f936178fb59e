import { test } from 'tap';
import { archiveAgent, createAgent } from '../../commands/agent.ts';
import { createEpic } from '../../commands/epic.ts';
import { createKey } from '../../commands/key.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { foundTenant, suspendTenant } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { openLedgerOn, openTestLedger, request, shown } from '../support/ledger.ts';
import { administer } from '../support/database.ts';

const secret = () => ({ prefix: 'll_live_abcd', secret_hash: newId().replaceAll('-', '').repeat(2) });

test('a command that speaks of many objects finds them after a restart, in few round trips', async (t) => {
  const { ledger, tenantKeys, urls } = await openTestLedger(t);
  const tenant_id = newId();
  const agent_id = newId();
  const key = { key_id: newId(), name: 'First', ...secret() };
  const found = { tenant_id, name: 'T', slug: `t-${tenant_id}`, key, ...(await tenantKeys.prepare(tenant_id)) };
  await ledger.execute(request(tenant_id, foundTenant, found, { actor: systemActor }));
  await ledger.execute(request(tenant_id, createAgent, { agent_id, name: 'worker' }));
  for (let at = 0; at < 20; at += 1) {
    await ledger.execute(
      request(tenant_id, createKey, { key_id: newId(), name: `user ${at}`, role: 'user', ...secret() }),
    );
  }
  const role = 'agent' as const;
  await ledger.execute(request(tenant_id, createKey, { key_id: newId(), name: 'a', role, agent_id, ...secret() }));
  const fresh = () => {
    const opened = openLedgerOn(t, urls.appUrl);
    let reads = 0;
    const { read } = opened.database;
    opened.database.read = (...args) => ((reads += 1), read(...args));
    return { ...opened, reads: () => reads };
  };
  const one = fresh();
  await one.ledger.execute(request(tenant_id, archiveAgent, { agent_id }));
  const two = fresh();
  const suspended = await two.ledger.execute(request(tenant_id, suspendTenant, { tenant_id }, { actor: systemActor }));
  t.equal(shown(suspended)['status'], 'suspended');
  t.ok(two.reads() <= 8, `${two.reads()} reads`);
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query('select from platform.key_hashes where active');
    t.equal(rows.length, 0);
  });
});

test('what one tenant was asked for is foreseen of the next: a cold tenant takes few round trips', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const plans = await Promise.all([newId(), newId()].map((tenantId) => plan(ledger, tenantId)));
  const { ledger: cold, database } = openLedgerOn(t, urls.appUrl);
  let streams = 0;
  const { read } = database;
  database.read = (tenantId, query, values) => {
    if (query.name.startsWith('load_streams')) streams += 1;
    return read(tenantId, query, values);
  };
  const loads: number[] = [];
  for (const { tenantId, epic_id } of plans) {
    streams = 0;
    const first = await cold.execute(request(tenantId, createStory, { story_id: newId(), epic_id, title: 'First' }));
    t.equal(shown(first)['number'], '1.1');
    const second = await cold.execute(request(tenantId, createStory, { story_id: newId(), epic_id, title: 'Second' }));
    t.equal(shown(second)['number'], '1.2');
    loads.push(streams);
  }
  const [unforeseen = 0, foreseen = 0] = loads;
  t.ok(unforeseen > 3, `${unforeseen} loads of the first`);
  t.ok(foreseen <= 2, `${foreseen} loads of the second`);
});

async function plan(ledger: Ledger, tenantId: string): Promise<{ tenantId: string; epic_id: string }> {
  const project_id = newId();
  const epic_id = newId();
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: `s-${project_id}` }));
  await ledger.execute(request(tenantId, createEpic, { epic_id, project_id, title: 'E' }));
  return { tenantId, epic_id };
}
