// Wake-ups: whoever follows logs hears at once of commits of this process, and soon of those of other processes.
// A notice carries nothing. It is sent after the commit, because one inside it would make all commits wait for each other.
import pg from 'pg';
import type { Database } from './database.ts';
import type { Committed } from './ledger.ts';
import { statement } from './statement.ts';

export interface Follower {
  /** A commit of this process. */
  moved(tenantId: string, head: number): void;
  /** Some process has committed something. */
  stirred(): void;
}

export interface WakeUps {
  /** What the ledger calls after each commit. */
  readonly committed: (committed: Committed) => void;
  follow(follower: Follower): () => void;
  /** Without it, nobody hears of other processes and they do not hear of this one; followers then look by themselves. */
  start(database: Database, listenUrl: string): void;
  close(): Promise<void>;
}

const channel = 'loopledger';
const quietMs = 10;
const firstRetryMs = 250;
const longestRetryMs = 10_000;

// A lost notice costs nothing, so it does not wait for the disk.
const notifyStatement = statement(
  'wake_up',
  `select set_config('synchronous_commit', 'off', true), pg_notify('${channel}', '')`,
);

export function createWakeUps(): WakeUps {
  const followers = new Set<Follower>();
  const stir = (): void => followers.forEach((follower) => follower.stirred());
  let bell: Bell | null = null;
  let ear: Ear | null = null;
  return {
    committed({ tenantId, head }) {
      for (const follower of followers) follower.moved(tenantId, head);
      bell?.ring();
    },
    follow(follower) {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    start(database, listenUrl) {
      bell = new Bell(database);
      ear = new Ear(listenUrl, stir);
    },
    async close() {
      bell?.stop();
      await ear?.close();
    },
  };
}

/** Rings at once, and then at most once in a while, however many commits there are. */
class Bell {
  private readonly database: Database;
  private timer: NodeJS.Timeout | null = null;
  private wanted = false;
  private stopped = false;

  constructor(database: Database) {
    this.database = database;
  }

  ring(): void {
    this.wanted = true;
    if (this.timer !== null || this.stopped) return;
    this.timer = setTimeout(() => void this.send(), 0);
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async send(): Promise<void> {
    this.wanted = false;
    // Others find the commit by looking when the notice fails.
    await this.database.platform(notifyStatement, []).catch(() => undefined);
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.wanted) this.ring();
    }, quietMs);
    this.timer.unref();
  }
}

/** A connection of its own that listens, opened again whenever it breaks. Through a pooler it simply hears nothing. */
class Ear {
  private readonly url: string;
  private readonly heard: () => void;
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retryMs = firstRetryMs;
  private closed = false;

  constructor(url: string, heard: () => void) {
    this.url = url;
    this.heard = heard;
    void this.open();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'loopledger-ear',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => undefined);
    client.once('end', () => this.reopen(client));
    client.on('notification', () => this.heard());
    this.client = client;
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      this.retryMs = firstRetryMs;
      // What was said while nobody listened.
      this.heard();
    } catch {
      await client.end().catch(() => undefined);
      this.reopen(client);
    }
  }

  private reopen(client: pg.Client): void {
    if (this.closed || this.client !== client) return;
    this.client = null;
    this.timer = setTimeout(() => void this.open(), this.retryMs);
    this.timer.unref();
    this.retryMs = Math.min(this.retryMs * 2, longestRetryMs);
  }
}
