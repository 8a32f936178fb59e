import { test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { createTestDatabase } from '../support/database.ts';
import { plantKey, readerOf, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { skipWithoutPooler, startPooler } from '../support/pooler.ts';
import { startTestWorkers, until } from '../support/workers.ts';

test(
  'through a pooler in transaction mode, which hands on no notices, readers and projections follow by looking',
  { skip: skipWithoutPooler },
  async (t) => {
    const direct = await createTestDatabase(t);
    const pooler = await startPooler(t, direct.appUrl, 3);
    const urls = { ...direct, appUrl: pooler.through(direct.appUrl), workerUrl: pooler.through(direct.appUrl) };
    const [writer, reader] = await Promise.all([
      startProcess(t, urls, { listens: true }),
      startProcess(t, urls, { listens: true }),
    ]);
    const workers = startTestWorkers(t, urls, reader.wakeUps);
    const tenantId = newId();
    const key = await plantKey(urls, tenantId);
    const changes = readerOf(reader.url, key);
    for (let round = 1; round <= 3; round += 1) {
      // A reader that began with the present might begin after the write.
      const { body: present } = await changes('since=now');
      const waiting = changes(`since=${present.next_cursor}&wait=30`);
      const { metrics } = reader.server.api;
      await until('it waits', () => metrics.render([]).includes('loopledger_feed_parked 1\n'));
      await writer.ledger.execute(
        request(tenantId, createProject, { project_id: newId(), name: 'P', slug: `s-${round}` }),
      );
      const { body } = await waiting;
      t.match(body, { data: [{ position: round }], head: round });
    }
    const headers = { authorization: `Bearer ${key}`, 'loopledger-min-position': '3' };
    await until('the search has all three', async () => {
      const response = await fetch(`${reader.url}/api/v1/search?q=p`, { headers });
      return response.status === 200 && ((await response.json()) as { data: unknown[] }).data.length === 3;
    });
    // The pooler knows the role of the application alone, which may not send webhooks, and says so.
    t.same(
      workers.warnings.filter((line) => !line.includes('webhook')),
      [],
    );
  },
);
