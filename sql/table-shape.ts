// What the catalogue says of a table: its columns, its key, and what the owner's row policies allow.
import type { Session } from './session.ts';

export interface TableShape {
  /** With its schema. */
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly generated: boolean }[];
  readonly key: readonly string[];
  readonly ownerMay: readonly string[];
}

interface ColumnRow extends Record<string, unknown> {
  readonly name: string;
  readonly type: string;
  readonly generated: boolean;
  readonly place: number | null;
}

const commands: Readonly<Record<string, string>> = { a: 'insert', w: 'update', d: 'delete' };

export async function readShape(session: Session, name: string): Promise<TableShape> {
  const columns = await session.query<ColumnRow>(
    `select a.attname as name, format_type(a.atttypid, null) as type, a.attgenerated <> '' as generated,
            array_position(i.indkey::smallint[], a.attnum) as place
       from pg_attribute a
       join pg_index i on i.indrelid = a.attrelid and i.indisprimary
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
      order by a.attnum`,
    [name],
  );
  const policies = await session.query<{ command: string }>(
    `select p.polcmd::text as command from pg_policy p
      where p.polrelid = $1::regclass and p.polpermissive and 'loopledger_owner'::regrole = any (p.polroles)`,
    [name],
  );
  const key = columns.filter(({ place }) => place !== null);
  return {
    name,
    columns: columns.map(({ name: column, type, generated }) => ({ name: column, type, generated })),
    key: key.toSorted((one, other) => Number(one.place) - Number(other.place)).map(({ name: column }) => column),
    ownerMay: policies.flatMap(({ command }) => commands[command] ?? []),
  };
}
