// A cursor reader: follows tenants by position, whatever the writers do, and writes down what it got in which order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../sql/database.ts';
import { statement } from '../../sql/statement.ts';
import { digestOf, type HistoryFile } from './history.ts';
import type { Random } from './random.ts';

const pageStatement = statement(
  'reader_page',
  `select e.position, e.event_id from ledger.events e
    where e.tenant_id = $1 and e.position > $2 order by e.position limit $3`,
);

interface PageRow extends Record<string, unknown> {
  readonly position: number;
  readonly event_id: string;
}

export interface ReaderOptions {
  readonly name: string;
  readonly database: Database;
  readonly history: HistoryFile;
  readonly random: Random;
  readonly tenants: readonly string[];
  readonly stopped: () => boolean;
  readonly onRead: (count: number) => void;
}

export class CursorReader {
  private readonly options: ReaderOptions;
  private readonly cursors: Map<string, number>;

  constructor(options: ReaderOptions) {
    this.options = options;
    this.cursors = new Map(options.tenants.map((tenant) => [tenant, 0]));
  }

  async run(): Promise<void> {
    const { random, stopped, tenants, history, name } = this.options;
    for (;;) {
      const last = stopped();
      let count = 0;
      for (const tenant of tenants) count += await this.readPage(tenant);
      if (count === 0 && last) break;
      if (count === 0) await sleep(random.below(20));
    }
    for (const [tenant, position] of this.cursors) history.add({ kind: 'ended', reader: name, tenant, position });
  }

  /** A database that is away for a moment costs a reader nothing but time. */
  private async readPage(tenant: string): Promise<number> {
    const { database, history, name, random, onRead } = this.options;
    const cursor = this.cursors.get(tenant) ?? 0;
    const limit = 1 + random.below(1_000);
    const rows = await database.read<PageRow>(tenant, pageStatement, [tenant, cursor, limit]).catch(() => null);
    if (rows === null) {
      await sleep(50);
      return 1;
    }
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const digest = digestOf(rows.map((row) => row.event_id).join());
    history.add({ kind: 'page', reader: name, tenant, from: rows[0]?.position ?? 0, to: last.position, digest });
    this.cursors.set(tenant, last.position);
    onRead(rows.length);
    return rows.length;
  }
}
