// Objects read by their id, many in one statement: whoever asks while the database is busy with others' questions shares
// the next one, of whatever tenant. Each row is read in the context of its own tenant, as the commit writes them.
import type { Row, Value } from './scoped-query.ts';
import { type Statement, statement } from './statement.ts';

/**
 * `source` yields at most one row, from `a.tenant` and `a.id`; an object that is not there has none.
 * The fences keep the order: first the context of a row, then all that is read in it.
 */
export function objectStatement(name: string, columns: string, source: string): Statement {
  return statement(
    name,
    `select asked.place, coalesce((select h.position from ledger.heads h where h.tenant_id = a.tenant), 0) as position, found.*
       -- Of an array the planner would count the elements, and plan anew for each call.
       from string_to_table($1, ',') with ordinality as asked(pair, place)
      cross join lateral (
        select set_config('app.tenant_id', left(asked.pair, 36), true)::uuid as tenant, substr(asked.pair, 38)::uuid as id
        offset 0
      ) a
      cross join lateral (select ${columns} ${source} offset 0) found`,
  );
}

interface Ask {
  readonly tenantId: string;
  readonly id: string;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  readonly query: Statement;
  waiting: Ask[];
  inFlight: number;
  scheduled: boolean;
}

/** While one group is read the next one gathers; a second at the same time keeps the database at work in between. */
const maxInFlight = 2;
const maxAsks = 128;

export class GroupedReads {
  private readonly read: (query: Statement, values: readonly Value[]) => Promise<Row[]>;
  private readonly groups = new Map<string, Group>();

  constructor(read: (query: Statement, values: readonly Value[]) => Promise<Row[]>) {
    this.read = read;
  }

  find(query: Statement, tenantId: string, id: string): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      const group = this.groupOf(query);
      group.waiting.push({ tenantId, id, resolve, reject });
      this.schedule(group);
    });
  }

  private groupOf(query: Statement): Group {
    let group = this.groups.get(query.name);
    if (group === undefined) {
      group = { query, waiting: [], inFlight: 0, scheduled: false };
      this.groups.set(query.name, group);
    }
    return group;
  }

  /** At the end of this turn of the event loop, with all that arrives in it. */
  private schedule(group: Group): void {
    if (group.scheduled || group.inFlight >= maxInFlight) return;
    group.scheduled = true;
    setImmediate(() => {
      group.scheduled = false;
      void this.ask(group);
    });
  }

  private async ask(group: Group): Promise<void> {
    const asks = group.waiting.splice(0, maxAsks);
    if (asks.length === 0) return;
    group.inFlight += 1;
    try {
      const rows = await this.read(group.query, [asks.map(({ tenantId, id }) => `${tenantId}/${id}`).join(',')]);
      const found = new Map(rows.map((row) => [row['place'], row]));
      asks.forEach(({ resolve }, index) => resolve(found.get(index + 1)));
    } catch (error) {
      for (const { reject } of asks) reject(error);
    }
    group.inFlight -= 1;
    if (group.waiting.length > 0) this.schedule(group);
  }
}
