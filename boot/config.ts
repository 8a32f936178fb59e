// The settings of a process, all from the environment; .env.example says what each one is for.
import { isIP } from 'node:net';
import path from 'node:path';
import {
  type Environment,
  nonsense,
  readChoice,
  readDatabaseUrl,
  readDomain,
  readInteger,
  readList,
  readOrigins,
  readPublicUrl,
  readSecret,
  readText,
  refuseUnknown,
} from './environment.ts';
import { parseMasterKey } from './master-key.ts';
import { refuseBoot } from './refusal.ts';
import { readTelemetry, type TelemetryConfig, telemetryNames } from './telemetry/config.ts';

export const processRoles = ['all', 'api', 'worker'] as const;
export type ProcessRole = (typeof processRoles)[number];
export const logLevels = ['info', 'trace', 'debug', 'warn', 'error', 'fatal', 'silent'] as const;

export interface ExternalDatabase {
  readonly url: string;
  readonly workerUrl: string;
}

export interface Config {
  readonly role: ProcessRole;
  readonly host: string;
  readonly port: number;
  /** Null means the embedded PostgreSQL. */
  readonly database: ExternalDatabase | null;
  readonly dataFolder: string;
  /** Null means the key file in the data folder. */
  readonly masterKey: Buffer | null;
  readonly logLevel: (typeof logLevels)[number];
  /** Null means: as the server listens. */
  readonly publicUrl: string | null;
  /** Null means: by the public URL, or this machine. */
  readonly rpId: string | null;
  readonly rpName: string | null;
  readonly origins: readonly string[];
  readonly metricsToken: string | null;
  readonly corsOrigins: readonly string[];
  /** Requests a minute; null is the server's own default. */
  readonly ratePerKey: number | null;
  readonly ratePerTenant: number | null;
  readonly poolSize: number;
  readonly trustProxy: boolean | readonly string[];
  /** Webhooks may point into networks of ours; for development. */
  readonly webhookAllowPrivate: boolean;
  readonly webhookKeptDays: number;
  /** How long single calls of models are counted. */
  readonly modelCallsKeptDays: number;
  /** Runs in hand at once; 0 is none. */
  readonly runs: number;
  /** Containers that wait for each language; 0 makes each when it is asked for. */
  readonly containersWaiting: number;
  /** Of the engine of containers; null where it is to be reached in a way that is not spoken here. */
  readonly dockerSocket: string | null;
  /** Models may be asked in networks of ours, such as a server on this machine. */
  readonly modelAllowPrivate: boolean;
  /** The folder of scripts that model endpoints may answer from, for tests and the demo; null is none. */
  readonly scriptedModels: string | null;
  /** Commits may be fetched from repositories of this machine; for development. */
  readonly gitAllowLocal: boolean;
  /** Null measures and sends nothing. */
  readonly telemetry: TelemetryConfig | null;
}

export const settingNames = [
  'LOOPLEDGER_ROLE',
  'LOOPLEDGER_DATA',
  'LOOPLEDGER_MASTER_KEY',
  'LOOPLEDGER_LOG_LEVEL',
  'LOOPLEDGER_PUBLIC_URL',
  'LOOPLEDGER_RP_ID',
  'LOOPLEDGER_RP_NAME',
  'LOOPLEDGER_ORIGINS',
  'LOOPLEDGER_METRICS_TOKEN',
  'LOOPLEDGER_CORS_ORIGINS',
  'LOOPLEDGER_RATE_PER_KEY',
  'LOOPLEDGER_RATE_PER_TENANT',
  'LOOPLEDGER_POOL',
  'LOOPLEDGER_TRUST_PROXY',
  'LOOPLEDGER_WEBHOOK_ALLOW_PRIVATE',
  'LOOPLEDGER_WEBHOOK_KEPT_DAYS',
  'LOOPLEDGER_MODEL_CALLS_KEPT_DAYS',
  'LOOPLEDGER_RUNS',
  'LOOPLEDGER_CONTAINERS_WAITING',
  'LOOPLEDGER_MODEL_ALLOW_PRIVATE',
  'LOOPLEDGER_SCRIPTED_MODELS',
  'LOOPLEDGER_GIT_ALLOW_LOCAL',
] as const;
/** Without our prefix, because platforms and tools set them by these names. */
export const plainNames = [
  'PORT',
  'HOST',
  'DOCKER_HOST',
  'DATABASE_URL',
  'DATABASE_WORKER_URL',
  'DATABASE_MIGRATE_URL',
  ...telemetryNames,
] as const;

/** Of programs that use a server: whoever starts one in the same shell has them set, and they say nothing to it. */
export const callerNames = ['LOOPLEDGER_URL', 'LOOPLEDGER_KEY', 'LOOPLEDGER_BENCHMARK_DATA'] as const;

const maxRate = 1_000_000_000;

export function readConfig(env: Environment): Config {
  checkNames(env);
  const role = readChoice(env, 'LOOPLEDGER_ROLE', processRoles);
  const database = readDatabase(env, role);
  return {
    role,
    database,
    host: readHost(env, database === null ? '127.0.0.1' : '0.0.0.0'),
    port: readInteger(env, 'PORT', [0, 65_535]) ?? 4000,
    dataFolder: readDataFolder(env),
    masterKey: readMasterKey(env),
    logLevel: readChoice(env, 'LOOPLEDGER_LOG_LEVEL', logLevels),
    publicUrl: readPublicUrl(env, 'LOOPLEDGER_PUBLIC_URL'),
    rpId: readDomain(env, 'LOOPLEDGER_RP_ID'),
    rpName: readText(env, 'LOOPLEDGER_RP_NAME'),
    origins: readOrigins(env, 'LOOPLEDGER_ORIGINS'),
    metricsToken: readSecret(env, 'LOOPLEDGER_METRICS_TOKEN', 16),
    corsOrigins: readOrigins(env, 'LOOPLEDGER_CORS_ORIGINS'),
    ratePerKey: readInteger(env, 'LOOPLEDGER_RATE_PER_KEY', [1, maxRate]),
    ratePerTenant: readInteger(env, 'LOOPLEDGER_RATE_PER_TENANT', [1, maxRate]),
    poolSize: readInteger(env, 'LOOPLEDGER_POOL', [2, 500]) ?? 16,
    trustProxy: readTrustProxy(env),
    webhookAllowPrivate: readChoice(env, 'LOOPLEDGER_WEBHOOK_ALLOW_PRIVATE', ['0', '1']) === '1',
    webhookKeptDays: readInteger(env, 'LOOPLEDGER_WEBHOOK_KEPT_DAYS', [1, 3_650]) ?? 30,
    modelCallsKeptDays: readInteger(env, 'LOOPLEDGER_MODEL_CALLS_KEPT_DAYS', [2, 3_650]) ?? 35,
    runs: readInteger(env, 'LOOPLEDGER_RUNS', [0, 100]) ?? 2,
    containersWaiting: readInteger(env, 'LOOPLEDGER_CONTAINERS_WAITING', [0, 50]) ?? 1,
    dockerSocket: readDockerSocket(env),
    modelAllowPrivate: readChoice(env, 'LOOPLEDGER_MODEL_ALLOW_PRIVATE', ['0', '1']) === '1',
    scriptedModels: readText(env, 'LOOPLEDGER_SCRIPTED_MODELS'),
    gitAllowLocal: readChoice(env, 'LOOPLEDGER_GIT_ALLOW_LOCAL', ['0', '1']) === '1',
    telemetry: readTelemetry(env),
  };
}

/** What `npm run migrate` connects as: a role that may create roles and owns the database. */
export function readMigrateUrl(env: Environment): string {
  checkNames(env);
  const url = readDatabaseUrl(env, 'DATABASE_MIGRATE_URL') ?? readDatabaseUrl(env, 'DATABASE_URL');
  if (url === null) {
    throw refuseBoot(
      'config_invalid',
      'Set DATABASE_MIGRATE_URL; the embedded PostgreSQL migrates itself at npm start.',
    );
  }
  return url;
}

/** Names that begin so belong to the tests, which hand them down to the processes that they start. */
const testPrefix = 'LOOPLEDGER_TEST_';

function checkNames(env: Environment): void {
  const ours = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(testPrefix)));
  refuseUnknown(ours, 'LOOPLEDGER_', [...settingNames, ...callerNames]);
}

function readDatabase(env: Environment, role: ProcessRole): ExternalDatabase | null {
  const url = readDatabaseUrl(env, 'DATABASE_URL');
  const workerUrl = readDatabaseUrl(env, 'DATABASE_WORKER_URL');
  if (url !== null) return { url, workerUrl: workerUrl ?? url };
  if (workerUrl !== null && role === 'worker') return { url: workerUrl, workerUrl };
  if (workerUrl !== null) throw refuseBoot('config_invalid', 'DATABASE_WORKER_URL is set, but DATABASE_URL is not.');
  if (role === 'all') return null;
  const sentence = `LOOPLEDGER_ROLE is "${role}", which needs DATABASE_URL: the embedded PostgreSQL serves one process.`;
  throw refuseBoot('config_invalid', sentence);
}

function readHost(env: Environment, fallback: string): string {
  const host = readText(env, 'HOST') ?? fallback;
  if (isIP(host) === 0 && !/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host)) {
    throw nonsense('HOST', host, 'an IP address or a host name of this machine');
  }
  return host;
}

function readDataFolder(env: Environment): string {
  const folder = readText(env, 'LOOPLEDGER_DATA') ?? '.data';
  const absolute = path.resolve(folder);
  if (absolute === path.parse(absolute).root) throw nonsense('LOOPLEDGER_DATA', folder, 'a folder of its own');
  return absolute;
}

/** Many have it set for their own tools, so another way is no reason not to start; and no other engine is taken instead. */
function readDockerSocket(env: Environment): string | null {
  const place = readText(env, 'DOCKER_HOST') ?? 'unix:///var/run/docker.sock';
  return /^unix:\/\/(\/.+)$/.exec(place)?.[1] ?? null;
}

function readMasterKey(env: Environment): Buffer | null {
  const text = readText(env, 'LOOPLEDGER_MASTER_KEY');
  return text === null ? null : parseMasterKey(text, 'LOOPLEDGER_MASTER_KEY');
}

function readTrustProxy(env: Environment): boolean | readonly string[] {
  const items = readList(env, 'LOOPLEDGER_TRUST_PROXY');
  if (items.length === 0) return false;
  if (items.length === 1 && (items[0] === 'true' || items[0] === 'false')) return items[0] === 'true';
  for (const item of items) {
    if (!isNetwork(item)) {
      const allowed = 'true, false, or a list of addresses and networks such as 10.0.0.0/8';
      throw nonsense('LOOPLEDGER_TRUST_PROXY', item, allowed);
    }
  }
  return items;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
