// What the API is given by whoever starts it. It opens nothing and reads no environment of its own.
import type { LedgerDatabase } from '../sql/database.ts';
import type { Ledger } from '../sql/ledger.ts';
import type { TenantKeys } from '../sql/tenant-keys.ts';
import type { WakeUps } from '../sql/wake-up.ts';
import type { Authenticator } from './http/authentication.ts';
import type { Cursors } from './cursor.ts';
import type { FeedReader } from './feed-reader.ts';
import type { SealedLog } from './sealed-log.ts';
import type { FailureLimit } from './http/failure-limit.ts';
import type { Pressure } from './http/pressure.ts';
import type { Metrics } from './platform/metrics.ts';
import { type WebBuild, webFolder } from './platform/web-page.ts';
import type { RateLimiter } from './http/rate-limit.ts';
import type { Sessions } from './http/session.ts';
import type { RelyingParty } from './webauthn.ts';
import type { Topics } from './stream/topics.ts';

export interface ApiOptions {
  readonly version: string;
  /** Without a slash at the end; links and problem types begin with it. */
  readonly publicUrl: string;
  /** Requests a minute; null is no limit. */
  readonly ratePerKey: number | null;
  readonly ratePerTenant: number | null;
  /** Failed authentications a minute and remote address. */
  readonly failedLoginsPerAddress: number;
  /** Ceremonies a minute and remote address. */
  readonly ceremoniesPerAddress: number;
  /** The domain that authenticators are bound to, what people see of it, and the origins of its pages, exactly. */
  readonly rpId: string;
  readonly rpName: string;
  readonly origins: readonly string[];
  readonly corsOrigins: readonly string[];
  /** Whose X-Forwarded-For is believed; the forms that Fastify takes. */
  readonly trustProxy: boolean | string | readonly string[];
  /** Opens /metrics to other machines; without it only the loopback address may read them. */
  readonly metricsToken: string | null;
  readonly masterKey: Buffer;
  /** For development: webhooks may point into networks of ours. */
  readonly webhookAllowPrivate: boolean;
  /** The same of model endpoints. */
  readonly modelAllowPrivate: boolean;
  /** For tests and the demo: the folder of scripts that endpoints may answer from; null is none. */
  readonly scriptedModels: string | null;
  /** For development: commits may be fetched from repositories of this machine. */
  readonly gitAllowLocal: boolean;
  /** For what comes of a test, before the answer shows that it is still to be sent. */
  readonly webhookTestWaitMs: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxInFlight: number;
  readonly maxLoopDelayMs: number;
  readonly minPositionWaitMs: number;
  /** Requests of one key that wait for changes at a time. */
  readonly maxWaitingPerKey: number;
  readonly maxSocketsPerKey: number;
  readonly maxSocketsPerTenant: number;
  /** How long a socket may leave more waiting than is reasonable, before it is closed. */
  readonly slowSocketMs: number;
  /** How long a stream or a socket may be silent. */
  readonly heartbeatMs: number;
  /** Where the pages were built to. */
  readonly webFolder: string;
}

export const defaultOptions = {
  publicUrl: 'http://127.0.0.1:4000',
  ratePerKey: 6_000,
  ratePerTenant: 60_000,
  failedLoginsPerAddress: 60,
  ceremoniesPerAddress: 120,
  rpId: 'localhost',
  rpName: 'Loopledger',
  origins: ['http://localhost:4000'],
  corsOrigins: [],
  trustProxy: false,
  metricsToken: null,
  webhookAllowPrivate: false,
  modelAllowPrivate: false,
  scriptedModels: null,
  gitAllowLocal: false,
  webhookTestWaitMs: 20_000,
  bodyLimitBytes: 1 << 20,
  requestTimeoutMs: 15_000,
  headersTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  maxInFlight: 2_048,
  maxLoopDelayMs: 400,
  minPositionWaitMs: 2_000,
  maxWaitingPerKey: 512,
  maxSocketsPerKey: 2_000,
  maxSocketsPerTenant: 10_000,
  slowSocketMs: 10_000,
  heartbeatMs: 15_000,
  webFolder,
} satisfies Partial<ApiOptions>;

/** The part of a pino logger that the API uses. */
export interface Logger {
  readonly level: string;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One thing that must be well before traffic is taken; rejects with the reason. */
export interface ReadyCheck {
  readonly name: string;
  run(): Promise<void>;
}

export interface ApiSources {
  readonly database: LedgerDatabase;
  readonly ledger: Ledger;
  readonly tenantKeys: TenantKeys;
  readonly options: ApiOptions;
  readonly logger: Logger;
  readonly checks: readonly ReadyCheck[];
  /** Names the history that feed cursors belong to. */
  readonly feedEpoch: string;
  /** Without them, waiting readers look for commits by themselves every quarter of a second. */
  readonly wakeUps?: WakeUps;
  /** Names this process among those in which runs are watched. */
  readonly watcher?: string;
  /** Told of each request when it is answered. */
  readonly onAnswer?: (answered: AnsweredRequest) => void;
}

export interface AnsweredRequest {
  readonly method: string;
  /** The pattern, such as `/api/v1/runs/:run_id`. */
  readonly route: string;
  readonly operation: string;
  readonly status: number;
  readonly ms: number;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/** What handlers reach through `call.api`. */
export interface ApiContext extends ApiSources {
  /** Aborts when the process begins to stop: whoever waits for something answers now. */
  readonly stopping: AbortSignal;
  /** Callers reach the server by https, so browsers may be told to insist on it. */
  readonly secureOrigin: boolean;
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
  readonly relyingParty: RelyingParty;
  readonly ceremonies: FailureLimit;
  readonly rates: RateLimiter;
  readonly cursors: Cursors;
  readonly feed: FeedReader;
  /** Live output that is passed on and not kept. */
  readonly topics: Topics;
  readonly sealedLog: SealedLog;
  readonly pressure: Pressure;
  readonly metrics: Metrics;
  readonly web: WebBuild;
}
