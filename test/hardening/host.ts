// A server whose log is kept word for word, and which no other work on the machine can make refuse requests.
import { defaultOptions, type ApiOptions } from '../../api/context.ts';
import { createLogger } from '../../api/log.ts';
import { startApi } from '../../api/main.ts';
import type { Route } from '../../api/route.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { readFeedEpoch } from '../../sql/feed-position.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import type { Teardown, TestDatabase } from '../support/database.ts';
import { mintRoot } from '../support/dispatch.ts';
import { testMasterKey } from '../support/ledger.ts';
import { raiseAlert } from '../support/history-alerts.ts';
import { neverLateMs } from '../support/pace.ts';
import { startTestServer } from '../support/server.ts';
import { startWorkers } from '../../workers/main.ts';
import { startBendingProxy } from './bending-proxy.ts';
import { type Line, openLine } from './exchange.ts';
import { newParty, type Party } from './party.ts';
import { enrolMarked } from './person.ts';

export interface Host {
  readonly url: string;
  readonly urls: TestDatabase;
  readonly routes: readonly Route[];
  readonly logged: readonly string[];
  readonly line: Line;
  /** A new tenant with a key of each kind. */
  found(): Promise<Party>;
  /** Where a tenant's log stands. */
  position(tenantId: string): Promise<number>;
}

const patient: Partial<ApiOptions> = {
  ratePerKey: null,
  ratePerTenant: null,
  failedLoginsPerAddress: 1_000_000,
  maxLoopDelayMs: neverLateMs,
  minPositionWaitMs: 20_000,
  webhookTestWaitMs: 100,
};

export interface HostOptions {
  readonly options?: Partial<ApiOptions>;
  readonly connections?: number;
  /** Another server on the same database. */
  readonly beside?: Host;
  /** A text of the statements on their way to the database, and what takes its place. */
  readonly bend?: readonly [from: string, to: string];
}

async function startFounding(t: Teardown): Promise<Pick<Host, 'urls' | 'found'>> {
  // What is leased and not spent is given back by the clock, in the middle of what a spec compares.
  const server = await startTestServer(t, { ratePerKey: null, ratePerTenant: null });
  const { urls, ledger, found } = server;
  return {
    urls,
    async found() {
      const founded = await found();
      const { tenantId } = founded;
      const root = await mintRoot(ledger, { tenantId, role: 'orchestrator' });
      const worker = await mintRoot(ledger, { tenantId, role: 'agent' });
      const reviewer = await mintRoot(ledger, { tenantId, role: 'agent' });
      const party = newParty(founded, root, { worker: worker.secret, reviewer: reviewer.secret });
      await enrolMarked(server, party);
      party.ids.set('alert_id', [await raiseAlert(server, tenantId)]);
      return party;
    },
  };
}

export async function openHost(t: Teardown, settings: HostOptions = {}): Promise<Host> {
  const { urls, found } = settings.beside ?? (await startFounding(t));
  const url =
    settings.bend === undefined ? urls.appUrl : (await startBendingProxy(t, urls.appUrl, ...settings.bend)).url;
  const database = openDatabase({ url, max: settings.connections ?? 4, applicationName: 'loopledger-host' });
  t.teardown(() => database.close());
  const workerDatabase = openDatabase({ url: urls.workerUrl, max: 1, applicationName: 'loopledger-host' });
  const tenantKeys = createTenantKeys({ database, masterKey: testMasterKey });
  const ledger = createLedger({ database, registry, tenantKeys });
  const logged: string[] = [];
  const logger = createLogger({ level: 'debug', write: (line) => void logged.push(line) });
  const running = await startApi(
    {
      database,
      ledger,
      tenantKeys,
      options: { ...defaultOptions, version: '0.0.0', masterKey: testMasterKey, ...patient, ...settings.options },
      logger,
      checks: [],
      feedEpoch: await readFeedEpoch(database),
    },
    { host: '127.0.0.1', port: 0 },
  );
  const line = openLine(running.url);
  const workers = startWorkers({
    database: workerDatabase,
    ledger,
    tenantKeys,
    host: 'ledger.example',
    log: logger,
    masterKey: testMasterKey,
    webhooks: { allowPrivate: false, keptDays: 30 },
  });
  t.teardown(async () => {
    line.close();
    await running.close(500);
    await workers.close();
    await workerDatabase.close();
  });
  const position = async (tenantId: string): Promise<number> => {
    const query = { name: '', text: 'select position from ledger.heads where tenant_id = $1' };
    const rows = await database.read<{ position: number }>(tenantId, query, [tenantId]);
    return rows[0]?.position ?? 0;
  };
  return { url: running.url, urls, routes: running.server.routes, logged, line, found, position };
}
