// Many tenants behind one connection to the database, and clients that go away in the middle of their requests.
import { once } from 'node:events';
import net from 'node:net';
import pg from 'pg';
import { test } from 'tap';
import { createWakeUps } from '../../sql/wake-up.ts';
import { openDatabase } from '../../sql/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { type Host, openHost } from '../hardening/host.ts';
import { leaksOf, wholeText } from '../hardening/leaks.ts';
import { type Party, seed } from '../hardening/party.ts';
import { type Chance, startChance } from '../hardening/random.ts';

const paths = [
  '/api/v1/tenant',
  '/api/v1/projects',
  '/api/v1/agents',
  '/api/v1/changes?since=0',
  '/api/v1/stories/ready',
];

/** Sends a request and cuts the connection before or while it is answered. */
async function abort(host: Host, party: Party, chance: Chance): Promise<void> {
  const { hostname, port } = new URL(host.url);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `GET ${chance.pick(paths)} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${party.founded.userKey}\r\n\r\n`,
  );
  await new Promise((resolve) => setTimeout(resolve, chance.integer(4)));
  socket.destroy();
}

async function ask(host: Host, party: Party | null, others: readonly Party[], chance: Chance): Promise<string[]> {
  const headers = party === null ? {} : { authorization: `Bearer ${party.founded.userKey}` };
  const path = chance.pick(paths);
  const got = await host.line.send({ method: 'GET', path, headers });
  const wanted = party === null ? 401 : 200;
  const leaks = others.flatMap((other) => leaksOf(other, wholeText(got), ''));
  return got.status === wanted ? leaks : [...leaks, `${path} answered ${got.status}`];
}

test('a thousand requests over one connection, among them failing and broken ones, never meet', async (t) => {
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const host = await openHost(t, { connections: 1 });
  const parties = [await host.found(), await host.found()];
  for (const party of parties) await seed({ line: host.line, routes: host.routes, party });
  const faults: string[] = [];
  let aborted = 0;
  for (let round = 0; round < 125; round += 1) {
    const group = Array.from({ length: 8 }, async () => {
      const party = chance.pick([...parties, null]);
      if (party !== null && chance.integer(6) === 0) return ((aborted += 1), abort(host, party, chance));
      faults.push(
        ...(await ask(
          host,
          party,
          parties.filter((other) => other !== party),
          chance,
        )),
      );
    });
    await Promise.all(group);
  }
  t.same(faults, []);
  t.ok(aborted > 50, `${aborted} requests were cut`);
});

test('a notice of a commit carries nothing', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const listener = new pg.Client({ connectionString: appUrl });
  await listener.connect();
  await listener.query('listen loopledger');
  const database = openDatabase({ url: appUrl, max: 1, applicationName: 'loopledger-bell' });
  const wakeUps = createWakeUps();
  t.teardown(async () => {
    await wakeUps.close();
    await database.close();
    await listener.end();
  });
  wakeUps.start(database, appUrl);
  const heard = once(listener, 'notification') as Promise<[pg.Notification]>;
  wakeUps.committed({ tenantId: 'a tenant', head: 7, events: [] });
  const [notice] = await heard;
  t.equal(notice.payload, '');
});
