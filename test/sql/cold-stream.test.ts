import { test } from 'tap';
import { archiveAgent, createAgent } from '../../commands/agent.ts';
import { createKey } from '../../commands/key.ts';
import { foundTenant, suspendTenant } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
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
