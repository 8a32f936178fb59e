// The composition root: puts database, ledger, API and workers together for one process and takes them apart again.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultOptions, type Logger, type ReadyCheck } from '../api/context.ts';
import { type RunningApi, startApi } from '../api/main.ts';
import { processGauges } from '../api/platform/health.ts';
import { Metrics } from '../api/platform/metrics.ts';
import type { Topics } from '../api/stream/topics.ts';
import { newId } from '../kernel/id.ts';
import { registry } from '../projections/index.ts';
import { assertMasterKey, assertMigrated, assertSafeServer } from '../sql/boot-checks.ts';
import { type Database, isConnectionFailure, type LedgerDatabase, openDatabase } from '../sql/database.ts';
import { readFeedEpoch } from '../sql/feed-position.ts';
import { type Committed, createLedger } from '../sql/ledger.ts';
import { readSqlFiles } from '../sql/migration-file.ts';
import { createTenantKeys } from '../sql/tenant-keys.ts';
import { createWakeUps, type WakeUps } from '../sql/wake-up.ts';
import { type RunningWorkers, startWorkers } from '../workers/main.ts';
import type { Config, ExternalDatabase } from './config.ts';
import { inDataFolder } from './data-folder.ts';
import { startHealthServer } from './health-server.ts';
import { type LocalData, openLocalData } from './local-data.ts';
import { loadMasterKey } from './master-key.ts';
import { findFreePort } from './postgres-server.ts';
import type { OpenTelemetry } from './telemetry/open.ts';
import { refuseBoot } from './refusal.ts';
import { relyingPartyOf } from './relying-party.ts';
import { openRuns } from './runs.ts';

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface BootOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** For the human at the terminal: what takes time, and where things are. */
  readonly say: (line: string) => void;
}

export const version = (
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
).version;

/** What was opened last is closed first, also when the start breaks off half-way. */
class Closers {
  private readonly steps: (() => Promise<void>)[] = [];

  add(step: () => Promise<void>): void {
    this.steps.unshift(step);
  }

  async run(): Promise<void> {
    for (const step of this.steps.splice(0)) await step();
  }
}

export async function startServer({ config, logger, say }: BootOptions): Promise<RunningServer> {
  const closers = new Closers();
  try {
    const port = config.port === 0 ? await findFreePort() : config.port;
    const url = config.publicUrl ?? `http://${hostOf(config.host)}:${port}`;
    const { dataFolder } = config;
    const openLocal = () => inDataFolder(dataFolder, () => openLocalData(dataFolder, url, say));
    const local = config.database === null ? await openLocal() : null;
    if (local !== null) closers.add(() => local.close());
    const masterKey = config.masterKey ?? (await inDataFolder(dataFolder, () => loadMasterKey(dataFolder)));
    const places = local ?? (config.database as ExternalDatabase);
    const telemetry = await openTelemetryOf(config, closers);
    const live = { watcher: newId(), publish: () => undefined };
    await open({ config, logger, port, url, masterKey, closers, places, live, telemetry });
    await local?.announce(url);
    return { url, port, close: () => closers.run() };
  } catch (error) {
    await closers.run();
    throw error;
  }
}

const localRepositories =
  'LOOPLEDGER_GIT_ALLOW_LOCAL is 1: whoever may set up a project has repositories of this machine read. ' +
  'Never run in production like this.';
const privateWebhooks =
  'LOOPLEDGER_WEBHOOK_ALLOW_PRIVATE is 1: whoever may add a webhook reaches whatever this machine reaches. ' +
  'Never run in production like this.';

const privateModels =
  'LOOPLEDGER_MODEL_ALLOW_PRIVATE is 1: whoever may add a model endpoint reaches whatever this machine reaches.';

const unspokenEngine =
  'DOCKER_HOST is no unix:///… socket, which is the only way that an engine of containers is spoken to: ' +
  'code runs in bubblewrap or WebAssembly.';

interface Opening {
  readonly config: Config;
  readonly logger: Logger;
  readonly port: number;
  readonly url: string;
  readonly masterKey: Buffer;
  readonly closers: Closers;
  readonly places: ExternalDatabase | LocalData;
  /** Where live output goes; nowhere until the API of this process listens. */
  readonly live: { readonly watcher: string; publish: Topics['publish'] };
  /** Null where nobody asked for it. */
  readonly telemetry: OpenTelemetry | null;
}

/** Its libraries take a while to load, so nobody waits for them who does not want them. */
async function openTelemetryOf({ telemetry }: Config, closers: Closers): Promise<OpenTelemetry | null> {
  if (telemetry === null) return null;
  const { openTelemetry } = await import('./telemetry/open.ts');
  const opened = openTelemetry(telemetry, version);
  closers.add(() => opened.close());
  return opened;
}

async function open(opening: Opening): Promise<void> {
  const { config, closers, logger, places, port } = opening;
  if (config.webhookAllowPrivate) logger.warn({}, privateWebhooks);
  if (config.modelAllowPrivate) logger.warn({}, privateModels);
  if (config.dockerSocket === null && config.runs > 0) logger.warn({}, unspokenEngine);
  if (config.gitAllowLocal) logger.warn({}, localRepositories);
  if (config.role === 'worker') {
    const database = await openChecked(opening, places.workerUrl);
    const wakeUps = openWakeUps(opening, database, places.workerUrl);
    const { gauges } = await openWorkers(opening, database, wakeUps);
    opening.telemetry?.sendMetricsOf(new Metrics(), gauges);
    const sources = { checks: readyChecks(database), gauges, access: config };
    const health = await listen(port, () => startHealthServer({ host: config.host, port }, sources));
    closers.add(() => health.close());
    return;
  }
  const database = await openChecked(opening, places.url);
  const wakeUps = openWakeUps(opening, database, places.url);
  // Opened before the API, so that at the end requests are finished before the workers go.
  const workers =
    config.role === 'all' ? await openWorkers(opening, await openChecked(opening, places.workerUrl), wakeUps) : null;
  const api = await openApi(opening, database, wakeUps);
  const { topics, metrics } = api.server.api;
  opening.live.publish = (tenantId, topic, data) => topics.publish(tenantId, topic, data);
  if (workers !== null) metrics.addGauges(workers.gauges);
  opening.telemetry?.sendMetricsOf(metrics, () => processGauges(api.server.api));
}

function openWakeUps({ closers }: Opening, database: Database, url: string): WakeUps {
  const wakeUps = createWakeUps();
  wakeUps.start(database, url);
  closers.add(() => wakeUps.close());
  return wakeUps;
}

/** What hears of each commit of this process. */
function committedOf({ telemetry, closers, logger }: Opening, database: Database, wakeUps: WakeUps) {
  if (telemetry === null) return wakeUps.committed;
  const ends = telemetry.tellOfEnds({ database, log: logger });
  closers.add(() => ends.close());
  return (committed: Committed): void => {
    wakeUps.committed(committed);
    ends.committed(committed);
  };
}

async function openWorkers(opening: Opening, database: LedgerDatabase, wakeUps: WakeUps): Promise<RunningWorkers> {
  const { config, closers, logger, masterKey, telemetry, url } = opening;
  const tenantKeys = createTenantKeys({ database, masterKey });
  const onCommitted = committedOf(opening, database, wakeUps);
  const ledger = createLedger({ database, registry, tenantKeys, onCommitted });
  const { host } = new URL(url);
  const publish: Topics['publish'] = (...told) => opening.live.publish(...told);
  const { watcher } = opening.live;
  const observed = telemetry === null ? {} : { observe: telemetry.observeRuns };
  const runs = await openRuns({ config, database, masterKey, tenantKeys, publish, watcher, ...observed });
  closers.add(() => runs.close());
  const workers = startWorkers({
    database,
    ledger,
    tenantKeys,
    host,
    log: logger,
    wakeUps,
    masterKey,
    runs: runs.parts,
    callsKeptDays: config.modelCallsKeptDays,
    webhooks: { allowPrivate: config.webhookAllowPrivate, keptDays: config.webhookKeptDays },
  });
  closers.add(() => workers.close());
  return workers;
}

async function openApi(opening: Opening, database: LedgerDatabase, wakeUps: WakeUps): Promise<RunningApi> {
  const { config, logger, masterKey, closers, port, url } = opening;
  const tenantKeys = createTenantKeys({ database, masterKey });
  const onCommitted = committedOf(opening, database, wakeUps);
  const ledger = createLedger({ database, registry, tenantKeys, onCommitted });
  const options = {
    ...defaultOptions,
    version,
    publicUrl: url,
    ratePerKey: config.ratePerKey ?? defaultOptions.ratePerKey,
    ratePerTenant: config.ratePerTenant ?? defaultOptions.ratePerTenant,
    corsOrigins: config.corsOrigins,
    ...relyingPartyOf(config, port),
    trustProxy: config.trustProxy,
    metricsToken: config.metricsToken,
    webhookAllowPrivate: config.webhookAllowPrivate,
    modelAllowPrivate: config.modelAllowPrivate,
    scriptedModels: config.scriptedModels,
    gitAllowLocal: config.gitAllowLocal,
    masterKey,
  };
  const feedEpoch = await readFeedEpoch(database);
  const checks = readyChecks(database);
  const { watcher } = opening.live;
  const told = opening.telemetry === null ? {} : { onAnswer: opening.telemetry.onAnswer };
  const sources = { database, ledger, tenantKeys, wakeUps, options, logger, checks, feedEpoch, watcher, ...told };
  const api = await listen(port, () => startApi(sources, { host: config.host, port }));
  closers.add(() => api.close());
  return api;
}

async function openChecked({ config, closers, masterKey }: Opening, url: string): Promise<LedgerDatabase> {
  const database = openDatabase({ url, max: config.poolSize, applicationName: `loopledger-${config.role}` });
  closers.add(() => database.close());
  const files = await readSqlFiles();
  await whenReachable(() => assertSafeServer(database));
  await assertMigrated(database, files);
  await assertMasterKey(database, masterKey);
  return database;
}

function readyChecks(database: Database): ReadyCheck[] {
  const files = readSqlFiles();
  return [
    { name: 'database', run: () => assertSafeServer(database) },
    { name: 'migrations', run: async () => assertMigrated(database, await files) },
  ];
}

/** A database that starts at the same time as this process is given a while. */
async function whenReachable(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      if (Date.now() > deadline) {
        throw refuseBoot('database_unreachable', 'The database of DATABASE_URL did not answer within 30 s.');
      }
      await sleep(500);
    }
  }
}

async function listen<Result>(port: number, start: () => Promise<Result>): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EADDRINUSE') throw refuseBoot('port_taken', `Port ${port} is taken; stop what uses it or set PORT.`);
    if (code === 'EACCES')
      throw refuseBoot('port_taken', `This user may not listen on port ${port}; set PORT to another.`);
    if (code === 'EADDRNOTAVAIL') throw refuseBoot('port_taken', 'HOST is not an address of this machine.');
    throw error;
  }
}

/** Where this machine reaches what listens on all of its addresses. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
