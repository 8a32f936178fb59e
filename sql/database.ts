// The pool, and the only ways to run SQL: under a tenant, or on a narrow platform function without one.
import pg from 'pg';
import { GroupedReads } from './grouped-reads.ts';
import { Refusal } from '../kernel/refusal.ts';
import { ledgerRefusals } from './refusals.ts';
import { type Question, type Row, ScopedQuery, type Value, type Values } from './scoped-query.ts';
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

/** The ways to run SQL; what a transaction holds is given the same, on its own connection. */
export interface Queryable {
  /** Runs under the tenant's row policies, in one round trip. */
  read<Shape extends Row>(tenantId: string, query: Statement, values: readonly Value[]): Promise<Shape[]>;
  /** Runs with no tenant: only functions of `platform` and `ledger` and the catalogue answer. */
  platform<Shape extends Row>(query: Statement, values: Values): Promise<Shape[]>;
}

export interface Database extends Queryable {
  /** One object by its id, read together with what others ask for at the time; the query is an `objectStatement`. */
  find<Shape extends Row>(tenantId: string, query: Statement, id: string): Promise<Shape | undefined>;
  close(): Promise<void>;
}

/** What the ledger needs beside that. */
export interface LedgerDatabase extends Database {
  /** Runs several statements in one transaction. Locks stay until it ends, so it must be short. */
  hold<Answer>(work: (session: Transaction) => Promise<Answer>): Promise<Answer>;
}

/** It begins with its first statement, in the same round trip. */
export interface Transaction extends Queryable {
  /** For the last statement: the commit goes with it, so that nobody waits for locks until this process is awake again. */
  readonly closing: Queryable;
}

/** Codes of a statement that the server did not run because the pooler gave us a connection that never prepared it. */
const unpreparedCodes = new Set(['26000', '42P05']);
/** Server is going away, starting, out of connections, only to be read, or broke off a wait: another try may do. */
const passingCodes = /^(08|57P0|53|25P03|25006|55P03|57014|40001|40P01)/;

/** The code of what the role of this process may not do. */
export const notAllowed = '42501';

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
  return ledgerRefusals.refuse('database_unavailable', 'The database does not answer at the moment.', {
    headers: { 'retry-after': '1' },
  });
}

/** A process that stands still in the middle must not keep others waiting for long. */
const opening: readonly string[] = ['begin', "set local idle_in_transaction_session_timeout = '2s'"];
const commit = 'commit';

export function openDatabase(options: DatabaseOptions): LedgerDatabase {
  const pool = new Pool(options);
  const reads = new GroupedReads((query, values) => pool.platform(query, values));
  return {
    read: (tenantId, query, values) => pool.read(tenantId, query, values),
    platform: (query, values) => pool.platform(query, values),
    hold: (work) => pool.hold(work),
    find: (tenantId, query, id) => reads.find(query, tenantId, id) as Promise<never>,
    close: () => pool.close(),
  };
}

class Pool {
  private readonly pool: pg.Pool;
  private readonly timeoutMs: number;
  private readonly onUnprepared: () => void;
  private prepared = true;
  private silences = 0;
  private readonly bornAfter = new WeakMap<pg.PoolClient, number>();

  constructor(options: DatabaseOptions) {
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.max,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3000,
      idleTimeoutMillis: 30_000,
      application_name: options.applicationName,
      keepAlive: true,
    });
    this.timeoutMs = options.statementTimeoutMs ?? 4_000;
    this.onUnprepared = options.onUnprepared ?? (() => undefined);
    this.pool.on('connect', (client) => {
      this.bornAfter.set(client, this.silences);
      // The statement in flight hears of a broken connection; the event that tells it again would end the process.
      client.on('error', () => undefined);
    });
    // An idle connection that breaks is the pool's affair: the next statement opens another one.
    this.pool.on('error', () => undefined);
  }

  read<Shape extends Row>(tenantId: string, query: Statement, values: readonly Value[]): Promise<Shape[]> {
    return this.preparedOrNot(() => this.run({ tenantId, query, values })) as Promise<Shape[]>;
  }

  platform<Shape extends Row>(query: Statement, values: Values): Promise<Shape[]> {
    return this.preparedOrNot(() => this.run({ tenantId: null, query, values })) as Promise<Shape[]>;
  }

  hold<Answer>(work: (session: Transaction) => Promise<Answer>): Promise<Answer> {
    return this.preparedOrNot(() => this.transact(work));
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async preparedOrNot<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    // As it was at the start: of several statements in flight, the first that fails changes it for all of them.
    const wasPrepared = this.prepared;
    try {
      return await work();
    } catch (error) {
      if (!wasPrepared || !unpreparedCodes.has(codeOf(error))) throw error;
      if (this.prepared) this.onUnprepared();
      this.prepared = false;
      return work();
    }
  }

  private take(use: (failure: Error | null, client: pg.PoolClient) => void): void {
    this.pool.connect((failure, client) => {
      if (failure !== undefined || client === undefined) {
        use(failure ?? new Error('connection failed'), client as unknown as pg.PoolClient);
      } else if ((this.bornAfter.get(client) ?? 0) < this.silences) {
        // One server that went silent has left every connection of that time half-open.
        client.release(true);
        this.take(use);
      } else {
        use(null, client);
      }
    });
  }

  private run(question: Question): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.take((failure, client) => {
        if (failure !== null) {
          reject(failure);
          return;
        }
        this.ask(client, question, (error, rows, reusable) => {
          client.release(!reusable);
          if (error === null) resolve(rows);
          else reject(error);
        });
      });
    });
  }

  /** A connection that failed otherwise than by the server's own word may still be at work: it is not reusable. */
  private ask(
    client: pg.PoolClient,
    question: Question,
    tell: (error: Error | null, rows: Row[], reusable: boolean) => void,
  ): void {
    let timer: NodeJS.Timeout | undefined;
    const scoped = new ScopedQuery(question, this.prepared, (error, rows) => settle(error, rows));
    const settle = (error: Error | null, rows: Row[]): void => {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      tell(error, rows, error === null || (scoped.booksTrue && 'severity' in error && error.severity === 'ERROR'));
    };
    timer = setTimeout(
      () => {
        this.silences += 1;
        settle(new Error('database timeout'), []);
      },
      Math.max(this.timeoutMs, question.query.timeoutMs ?? 0),
    );
    client.query(scoped as unknown as pg.Submittable);
  }

  private async transact<Answer>(work: (session: Transaction) => Promise<Answer>): Promise<Answer> {
    const client = await new Promise<pg.PoolClient>((resolve, reject) => {
      this.take((failure, taken) => (failure === null ? resolve(taken) : reject(failure)));
    });
    const held = new HeldConnection((question, tell) => this.ask(client, question, tell));
    try {
      const answer = await work(held.transaction);
      await held.finish();
      return answer;
    } finally {
      // The end of its connection is the end of a transaction, whatever state that is in.
      client.release(!held.over);
    }
  }
}

type Ask = (question: Question, tell: (error: Error | null, rows: Row[]) => void) => void;

class HeldConnection {
  readonly transaction: Transaction;
  /** True when nothing is open on the connection. */
  over = true;
  private begun = false;
  private readonly ask: Ask;

  constructor(ask: Ask) {
    this.ask = ask;
    this.transaction = { ...this.voiced([]), closing: this.voiced([commit]) };
  }

  async finish(): Promise<void> {
    if (this.over) return;
    await this.say({ tenantId: null, query: { name: '', text: commit }, values: [] });
    this.over = true;
  }

  private voiced(after: readonly string[]): Queryable {
    const say = async (tenantId: string | null, query: Statement, values: Values): Promise<never[]> => {
      const rows = await this.say({ tenantId, query, values, after });
      this.over = after.length > 0;
      return rows as never[];
    };
    return {
      read: (tenantId, query, values) => say(tenantId, query, values),
      platform: (query, values) => say(null, query, values),
    };
  }

  private say(question: Question): Promise<Row[]> {
    if (this.begun && this.over) throw new Error('the transaction is over');
    const before = this.begun ? [] : opening;
    this.begun = true;
    this.over = false;
    return new Promise((resolve, reject) => {
      this.ask({ ...question, before }, (error, rows) => (error === null ? resolve(rows) : reject(error)));
    });
  }
}
