// Kills API, worker and PostgreSQL in turn while tenants are written, and holds what every follower was told against the log.
import { setTimeout as sleep } from 'node:timers/promises';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import { administer, type Teardown, type TestDatabase } from '../support/database.ts';
import { openLedgerOn, testMasterKey } from '../support/ledger.ts';
import { fetchPatiently } from '../support/pace.ts';
import type { RunningCluster } from '../support/postgres.ts';
import { isReady, type ServerProcess, spawnServer, waitFor } from '../support/server-process.ts';
import { checkHistory } from './checker.ts';
import type { Verdict } from './finding.ts';
import { type Endpoint, Endpoints } from './follow-endpoint.ts';
import { followSocket, type FollowTally } from './follow-socket.ts';
import { type Access, followFeed, type HttpTally, HttpWriter } from './http-client.ts';
import { openHistory } from './history.ts';
import { seededRandom } from './random.ts';
import { restartCluster } from './server-kills.ts';

export interface FollowerKillOptions {
  readonly t: Teardown;
  readonly cluster: RunningCluster;
  readonly urls: TestDatabase;
  readonly folder: string;
  readonly dataFolder: string;
  readonly seed: number;
  readonly events: number;
  readonly kills: number;
  readonly tenants: number;
  readonly writersEach: number;
  readonly feedsEach: number;
  readonly socketsEach: number;
  readonly endpoints: number;
  readonly tell?: (line: string) => void;
}

const victims = ['api', 'worker', 'postgres'] as const;
type Victim = (typeof victims)[number];

export interface FollowerFigures {
  readonly seconds: number;
  readonly killed: Readonly<Record<Victim, number>>;
  readonly written: number;
  readonly feeds: FollowTally;
  readonly sockets: FollowTally;
  readonly deliveries: { readonly events: number; readonly repeats: number };
  /** Events that an endpoint never got, and streams that came out of order where order was asked for. */
  readonly faults: readonly string[];
  readonly verdict: Verdict;
}

interface Place {
  readonly access: Access;
  readonly epic: string;
  readonly endpoints: { readonly endpoint: Endpoint; readonly ordered: boolean; readonly name: string }[];
}

const drainMs = 240_000;

export async function killFollowed(options: FollowerKillOptions): Promise<FollowerFigures> {
  const { t, folder, seed, tell = () => undefined } = options;
  const servers = {
    api: await keepServer(options, 'api'),
    worker: await keepServer(options, 'worker'),
  };
  const receivers = new Endpoints();
  await receivers.open();
  t.teardown(() => receivers.close());
  const places = await settle(options, servers.api.url, receivers);
  const history = openHistory(folder, 'followers');
  for (const { access } of places) history.add({ kind: 'shared', tenant: access.tenant });
  const tally: HttpTally = { statuses: new Map(), failed: 0, impolite: 0, done: 0 };
  const feeds: FollowTally = { events: 0, repeats: 0, connections: 0 };
  const sockets: FollowTally = { events: 0, repeats: 0, connections: 0 };
  const ends = new Map<string, number>();
  const beganMs = performance.now();
  const server = (): string => servers.api.url;
  const stopped = (): boolean => tally.done >= options.events;
  const writers = places.flatMap(({ access, epic }, at) =>
    Array.from({ length: options.writersEach }, (_, one) =>
      new HttpWriter({
        server,
        access,
        epic,
        history,
        random: seededRandom(seed * 100 + at * 10 + one),
        tally,
        stopped,
      }).run(),
    ),
  );
  const followers = places.flatMap(({ access }, at) => [
    ...Array.from({ length: options.feedsEach }, (_, one) =>
      followFeed(`feed-${at}-${one}`, server, access, { history, stopped: () => ends.size > 0, tally: feeds }),
    ),
    ...Array.from({ length: options.socketsEach }, (_, one) =>
      followSocket({
        name: `socket-${at}-${one}`,
        url: servers.api.url,
        access,
        history,
        tally: sockets,
        end: () => ends.get(access.tenant) ?? null,
      }),
    ),
  ]);
  const killed = await killInTurn(options, servers, tally);
  await Promise.all(writers);
  tell(`${tally.done} writes, ${tally.failed} of them asked again without an answer`);
  for (const { access } of places) ends.set(access.tenant, await headOf(options.urls, access.tenant));
  await Promise.all(followers);
  tell('feeds and sockets are at the end');
  const faults = await drain(options, places);
  history.close();
  const { urls } = options;
  const verdict = await checkHistory({ url: urls.appUrl, adminUrl: urls.adminUrl, folder });
  return {
    seconds: (performance.now() - beganMs) / 1_000,
    killed,
    written: tally.done,
    feeds,
    sockets,
    deliveries: countDeliveries(places),
    faults,
    verdict,
  };
}

interface KeptServer {
  readonly url: string;
  kill(): Promise<void>;
}

/** Comes up again on the same port. */
async function keepServer(options: FollowerKillOptions, role: 'api' | 'worker'): Promise<KeptServer> {
  const { t, urls, dataFolder } = options;
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const start = async (): Promise<ServerProcess> => {
    const server = spawnServer(t, {
      PORT: String(port),
      DATABASE_URL: urls.appUrl,
      DATABASE_WORKER_URL: urls.workerUrl,
      LOOPLEDGER_ROLE: role,
      LOOPLEDGER_DATA: dataFolder,
      LOOPLEDGER_MASTER_KEY: testMasterKey.toString('base64'),
      LOOPLEDGER_LOG_LEVEL: 'error',
      LOOPLEDGER_WEBHOOK_ALLOW_PRIVATE: '1',
      LOOPLEDGER_RATE_PER_KEY: '10000000',
      LOOPLEDGER_RATE_PER_TENANT: '10000000',
    });
    await waitFor(`the ${role}`, () => server.isOver() || isReady(url));
    if (server.isOver()) throw new Error(server.output());
    return server;
  };
  let running = await start();
  return {
    url,
    kill: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
      running = await start();
    },
  };
}

async function settle(options: FollowerKillOptions, url: string, receivers: Endpoints): Promise<Place[]> {
  const { ledger, tenantKeys } = openLedgerOn(options.t, options.urls.appUrl);
  const places: Place[] = [];
  for (let at = 0; at < options.tenants; at += 1) {
    const founded = await foundTenantOn(ledger, tenantKeys, { name: 'Fault', slug: `fault-${at}` });
    const access: Access = { tenant: founded.tenantId, keyId: founded.keyId, secret: founded.secret };
    const project = await post(`${url}/api/v1/projects`, access, { name: 'P', slug: 'p' });
    const epic = await post(`${url}/api/v1/projects/${project}/epics`, access, { title: 'E' });
    places.push({ access, epic, endpoints: [] });
  }
  for (let at = 0; at < options.endpoints; at += 1) {
    const { access, endpoints } = places[at % places.length] as Place;
    const ordered = at % 5 === 4;
    const { url: target, endpoint } = receivers.add(`${at}`);
    const body = { url: target, event_types: ['story.*'], ordering: ordered ? 'subject' : 'none' };
    await post(`${url}/api/v1/webhooks`, access, body);
    endpoints.push({ endpoint, ordered, name: `endpoint ${at}` });
  }
  return places;
}

async function post(url: string, { secret }: Access, body: object): Promise<string> {
  const response = await fetchPatiently(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** Evenly over the writes. */
async function killInTurn(
  options: FollowerKillOptions,
  servers: Readonly<Record<'api' | 'worker', KeptServer>>,
  tally: HttpTally,
): Promise<Record<Victim, number>> {
  const { cluster, events, kills, tell = () => undefined } = options;
  const killed: Record<Victim, number> = { api: 0, worker: 0, postgres: 0 };
  for (let at = 0; at < kills; at += 1) {
    const due = ((at + 1) * events) / (kills + 1);
    await waitFor(`${due} writes`, () => tally.done >= due, 120_000);
    const victim = victims[at % victims.length] as Victim;
    if (victim === 'postgres') await killPostgres(cluster);
    else await servers[victim].kill();
    killed[victim] += 1;
    tell(`${tally.done} writes: ${victim} was killed and is back`);
  }
  return killed;
}

async function killPostgres(cluster: RunningCluster): Promise<void> {
  process.kill(cluster.server.pid, 'SIGKILL');
  await cluster.server.ended;
  await restartCluster(cluster);
}

async function headOf({ adminUrl }: TestDatabase, tenant: string): Promise<number> {
  let head = 0;
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ position: string }>(
      'select position from ledger.heads where tenant_id = $1',
      [tenant],
    );
    head = Number(rows[0]?.position);
  });
  return head;
}

/** Until every endpoint has every event that it asked for, or time is up. */
async function drain(options: FollowerKillOptions, places: readonly Place[]): Promise<string[]> {
  const faults: string[] = [];
  const endMs = performance.now() + drainMs;
  for (const { access, endpoints } of places) {
    const wanted = await storyPositions(options.urls, access.tenant);
    for (const { endpoint, ordered, name } of endpoints) {
      while (endpoint.times.size < wanted.length && performance.now() < endMs) await sleep(50);
      const lost = wanted.filter((position) => !endpoint.times.has(position));
      if (lost.length > 0) faults.push(`${name} never got ${lost.length} events, the first at ${lost[0]}`);
      if (endpoint.times.size > wanted.length) faults.push(`${name} got events that are not in the log`);
      if (ordered) faults.push(...endpoint.disorders.map((what) => `${name}, ${what}`));
    }
  }
  return faults;
}

async function storyPositions({ adminUrl }: TestDatabase, tenant: string): Promise<number[]> {
  let positions: number[] = [];
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ position: string }>(
      `select position from ledger.events where tenant_id = $1 and type like 'story.%' order by position`,
      [tenant],
    );
    positions = rows.map(({ position }) => Number(position));
  });
  return positions;
}

function countDeliveries(places: readonly Place[]): { events: number; repeats: number } {
  const all = places.flatMap(({ endpoints }) => endpoints);
  const repeats = all.reduce((sum, { endpoint }) => sum + endpoint.repeats, 0);
  return { repeats, events: all.reduce((sum, { endpoint }) => sum + endpoint.times.size, 0) + repeats };
}
