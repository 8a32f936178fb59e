// Holds the rows that people read against the states that the log gives.
import type pg from 'pg';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { Json } from '../../kernel/event.ts';
import type { Registry } from '../../sql/registry.ts';
import type { Verdict } from './finding.ts';
import type { Stream } from './log-check.ts';

const tables: Readonly<Record<string, { readonly table: string; readonly key: string }>> = {
  project: { table: 'view.projects', key: 'project_id' },
  epic: { table: 'view.epics', key: 'epic_id' },
  story: { table: 'view.stories', key: 'story_id' },
};
const pageSize = 2_000;

type ViewRow = Record<string, Json>;

export class ViewCheck {
  private readonly client: pg.Client;
  private readonly registry: Registry;
  private readonly verdict: Verdict;

  constructor(client: pg.Client, registry: Registry, verdict: Verdict) {
    this.client = client;
    this.registry = registry;
    this.verdict = verdict;
  }

  async check(tenant: string, streams: ReadonlyMap<string, Stream>): Promise<void> {
    for (const [type, { table, key }] of Object.entries(tables)) {
      const expected = this.expectedRows(type, streams);
      for await (const row of this.rowsOf(tenant, table, key)) {
        this.verdict.counts.rows += 1;
        const id = row[key] as string;
        const difference = differenceOf(expected.get(id), row);
        if (difference !== null) this.verdict.fault('projections', tenant, `${table} ${id}: ${difference}`);
        expected.delete(id);
      }
      for (const id of expected.keys()) this.verdict.fault('projections', tenant, `${table} ${id}: is missing`);
    }
  }

  private expectedRows(type: string, streams: ReadonlyMap<string, Stream>): Map<string, ViewRow> {
    const expected = new Map<string, ViewRow>();
    const view = this.registry.views.get(type)?.find(({ name }) => name === type);
    if (view === undefined) throw new Error(`no view shows ${type}`);
    for (const stream of streams.values()) {
      if (stream.type !== type) continue;
      const { id, entry, position } = stream;
      const { state, version, created_at, updated_at } = entry;
      const [row] = view.project({ id, version, position, state, facts: [] });
      if (row !== undefined) expected.set(id, { ...(row as ViewRow), created_at, updated_at });
    }
    return expected;
  }

  private async *rowsOf(tenant: string, table: string, key: string): AsyncGenerator<ViewRow> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const { rows } = await this.client.query<{ id: string; row: ViewRow }>(
        `select v.${key} as id, row_to_json(v) as row from ${table} v
          where v.tenant_id = $1 and v.${key} > $2 order by v.${key} limit ${pageSize}`,
        [tenant, after],
      );
      for (const { row } of rows) yield row;
      if (rows.length < pageSize) return;
      after = rows.at(-1)?.id ?? '';
    }
  }
}

function differenceOf(expected: ViewRow | undefined, row: ViewRow): string | null {
  if (expected === undefined) return 'no stream has this id';
  for (const [column, value] of Object.entries(expected)) {
    if (column === 'id') continue;
    if (!(column in row)) return `there is no column ${column}`;
    const held = row[column] ?? null;
    const same = column.endsWith('_at')
      ? new Date(held as string).getTime() === new Date(value as string).getTime()
      : canonicalJson(held) === canonicalJson(value);
    if (!same) return `${column} is ${JSON.stringify(held)} and should be ${JSON.stringify(value)}`;
  }
  return null;
}
