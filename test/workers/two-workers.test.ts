import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { openDatabase } from '../../sql/database.ts';
import { openTestLedger, request } from '../support/ledger.ts';
import { createProject } from '../../commands/project.ts';
import { startReceiver } from '../support/receiver.ts';
import { startTestServer } from '../support/server.ts';
import { startTestWorkers, until } from '../support/workers.ts';
import { fanOutFollowing } from '../../workers/following.ts';

test('several workers send every delivery once, whoever of them finds it', async (t) => {
  const { say, found, urls } = await startTestServer(t, { webhookAllowPrivate: true });
  const { userKey: key } = await found();
  const workers = [1, 2, 3].map(() => startTestWorkers(t, urls));
  const receiver = await startReceiver(t);
  for (let at = 0; at < 3; at += 1)
    await say('POST', '/api/v1/webhooks', { key, body: { url: `${receiver.url}/${at}`, event_types: ['project.*'] } });
  const projects = 40;
  await Promise.all(
    Array.from({ length: projects }, (_, at) =>
      say('POST', '/api/v1/projects', { key, body: { name: `P${at}`, slug: `p-${at}` } }),
    ),
  );
  await until('all are here', () => receiver.received.length >= 3 * projects);
  for (const { close } of workers) await close();
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  t.equal(ids.length, 3 * projects);
  t.equal(new Set(ids).size, ids.length, 'none came twice');
  t.same(
    workers.flatMap(({ warnings }) => warnings),
    [],
  );
});

test('a process with the role of the application makes no deliveries, and says nothing at every event', async (t) => {
  const { urls, ledger } = await openTestLedger(t);
  const database = openDatabase({ url: urls.appUrl, max: 1, applicationName: 'loopledger-test' });
  t.teardown(() => database.close());
  const tenantId = newId();
  await ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'p' }));
  const following = fanOutFollowing(database, () => t.fail('there is nothing to send'));
  for (let at = 0; at < 3; at += 1) {
    const progress = await following.advance(tenantId);
    t.ok(progress !== null && progress.position >= progress.head, 'it is not behind, because it is not its work');
  }
});
