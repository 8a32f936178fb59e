// The pool, and the only ways to run SQL: under a tenant, or on a narrow platform function without one.
import pg from 'pg';
import { Refusal } from '../kernel/refusal.ts';
import { type Question, type Row, ScopedQuery, type Value } from './scoped-query.ts';
import type { Statement } from './statement.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly max: number;
  readonly applicationName: string;
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Told once when a pooler turns out not to keep prepared statements. */
  readonly onUnprepared?: () => void;
}

export interface Database {
  /** Runs under the tenant's row policies, in one round trip. */
  read<Shape extends Row>(tenantId: string, query: Statement, values: readonly Value[]): Promise<Shape[]>;
  /** Runs with no tenant: only functions of `platform` and `ledger` and the catalogue answer. */
  platform<Shape extends Row>(query: Statement, values: readonly Value[]): Promise<Shape[]>;
  close(): Promise<void>;
}

/** Codes of a statement that the server did not run because the pooler gave us a connection that never prepared it. */
const unpreparedCodes = new Set(['26000', '42P05']);
/** Server is going away, starting, out of connections, or refused to wait for a lock. */
const passingCodes = /^(08|57P0|53|25P03|55P03|57014)/;

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** True when the connection or the server failed, so that the outcome of a write is not known. */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Refusal) return false;
  const code = codeOf(error);
  if (/^[A-Z0-9]{5}$/.test(code) && 'severity' in error) return passingCodes.test(code);
  return /^E[A-Z]+$/.test(code) || /connection|timeout|terminat/i.test(error.message);
}

export function databaseUnavailable(): Refusal {
  return new Refusal('unavailable', 'database_unavailable', 'The database does not answer at the moment.', {
    headers: { 'retry-after': '1' },
  });
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3000,
    idleTimeoutMillis: 30_000,
    application_name: options.applicationName,
    keepAlive: true,
  });
  const timeoutMs = options.statementTimeoutMs ?? 4_000;
  let prepared = true;
  let silences = 0;
  const bornAfter = new WeakMap<pg.PoolClient, number>();
  pool.on('connect', (client) => {
    bornAfter.set(client, silences);
    // The statement in flight hears of a broken connection; the event that tells it again would end the process.
    client.on('error', () => undefined);
  });
  // An idle connection that breaks is the pool's affair: the next statement opens another one.
  pool.on('error', () => undefined);

  function run(question: Question): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      pool.connect((failure, client, release) => {
        if (failure !== undefined || client === undefined) {
          reject(failure ?? new Error('connection failed'));
          return;
        }
        // One server that went silent has left every connection of that time half-open.
        if ((bornAfter.get(client) ?? 0) < silences) {
          release(true);
          run(question).then(resolve, reject);
          return;
        }
        let timer: NodeJS.Timeout | undefined;
        const scoped = new ScopedQuery(question, prepared, (error, rows) => settle(error, rows));
        const settle = (error: Error | null, rows: Row[]): void => {
          if (timer === undefined) return;
          clearTimeout(timer);
          timer = undefined;
          // A connection that failed otherwise than by the server's own word may still be at work: it is not reused.
          release(error !== null && !(scoped.booksTrue && 'severity' in error && error.severity === 'ERROR'));
          if (error === null) resolve(rows);
          else reject(error);
        };
        timer = setTimeout(() => {
          silences += 1;
          settle(new Error('database timeout'), []);
        }, timeoutMs);
        client.query(scoped as unknown as pg.Submittable);
      });
    });
  }

  async function runEither(question: Question): Promise<Row[]> {
    try {
      return await run(question);
    } catch (error) {
      if (!prepared || !unpreparedCodes.has(codeOf(error))) throw error;
      prepared = false;
      options.onUnprepared?.();
      return run(question);
    }
  }

  return {
    read: <Shape extends Row>(tenantId: string, query: Statement, values: readonly Value[]) =>
      runEither({ tenantId, query, values }) as Promise<Shape[]>,
    platform: <Shape extends Row>(query: Statement, values: readonly Value[]) =>
      runEither({ tenantId: null, query, values }) as Promise<Shape[]>,
    close: () => pool.end(),
  };
}
