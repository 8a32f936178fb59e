import { readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { test } from 'tap';
import { cancelRun, requestRun } from '../../commands/run.ts';
import { createAgent } from '../../commands/agent.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { newId } from '../../kernel/id.ts';
import { ownerRole } from '../../sql/migration-role.ts';
import { administer } from '../support/database.ts';
import { keyActor, openTestLedger, request } from '../support/ledger.ts';
import { runRequest } from '../support/run.ts';

const migration = readFileSync(path.resolve(import.meta.dirname, '../../sql/migrations/0086-run-asker.sql'), 'utf8');

async function rowsOf(client: pg.Client): Promise<unknown[]> {
  const sql = 'select tenant_id, run_id, version, agent_id, shown::text from view.runs order by run_id';
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

test('rows of runs from before somebody was named as their asker say it, in every tenant', async (t) => {
  const { ledger, tenantKeys, urls } = await openTestLedger(t);
  const runs: string[] = [];
  for (const slug of ['one', 'two']) {
    const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug });
    const agent_id = newId();
    await ledger.execute(request(tenantId, createAgent, { agent_id, name: 'a' }));
    const agent = { ...keyActor('orchestrator'), agent_id };
    for (const actor of [keyActor('user'), agent, agent]) {
      const run_id = newId();
      runs.push(run_id);
      await ledger.execute(request(tenantId, requestRun, runRequest(run_id, { tools: ['run_code'] }), { actor }));
    }
    await ledger.execute(request(tenantId, cancelRun, { run_id: runs.at(-1) as string }));
  }
  await administer(urls.adminUrl, async (client) => {
    // As the one of each tenant that came last is: asked for before there were tools.
    const without = `regexp_replace(shown::text, '"tools":\\[[^]]*\\],', '')`;
    const served = await client.query(
      `update view.runs set shown = replace(shown::text, '["run_code"]', '[]')::json
      where run_id = any ($1)`,
      [runs],
    );
    t.equal(served.rowCount, 6);
    const before = await rowsOf(client);
    await client.query(
      `update view.runs set agent_id = null,
      shown = regexp_replace(${without}, '"asked_by":\\{[^}]*\\},', '')::json where run_id = any ($1)`,
      [runs.slice(0, 4)],
    );
    await client.query(`update view.runs set shown = ${without}::json where run_id = $1`, [runs[4]]);
    t.notSame(await rowsOf(client), before);
    await client.query(`begin; set local role ${ownerRole}`);
    await client.query(migration);
    await client.query('commit');
    t.same(await rowsOf(client), before);
  });
});
