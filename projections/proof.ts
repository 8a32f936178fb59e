// What proves a log, as people read it: signed checkpoints, the keys they are signed with, and the log itself, page by page.
import { type Static, Type } from 'typebox';
import { type NoteKey, verifierKey } from '../kernel/note.ts';
import { Position, Timestamp } from '../kernel/shape.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { headPosition, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

export const Hash = Type.String({
  minLength: 44,
  maxLength: 44,
  pattern: '^[0-9A-Za-z+/]{43}=$',
  description: 'SHA-256 in base64',
});

export const CheckpointView = Type.Object(
  {
    size: Position,
    root: Hash,
    note: Type.String({ maxLength: 4_096, description: 'A signed note: c2sp.org/tlog-checkpoint' }),
    signed_at: Timestamp,
  },
  { additionalProperties: false },
);
export type CheckpointView = Static<typeof CheckpointView>;

interface CheckpointRow extends Record<string, unknown> {
  readonly size: number;
  readonly root: string;
  readonly note: string;
  readonly signed_at: string;
}

const columns = `c.position as size, encode(c.root, 'base64') as root, c.note, c.signed_at`;

const byPosition = statement(
  'find_checkpoint',
  `select ${columns} from ledger.checkpoints c where c.tenant_id = $1 and c.position = $2`,
);
const latestOf = statement(
  'latest_checkpoint',
  `select ${columns} from ledger.checkpoints c where c.tenant_id = $1 order by c.position desc limit 1`,
);
const byGrowth = listQuery({
  name: 'list_checkpoints',
  columns,
  source: 'from ledger.checkpoints c where c.tenant_id = $1',
  after: 'c.position > $3::bigint',
  order: ['size'],
});

async function firstOf(rows: Promise<CheckpointRow[]>): Promise<CheckpointView | null> {
  return (await rows)[0] ?? null;
}

/** The one of exactly that size. */
export function findCheckpoint(database: Database, tenantId: string, size: number): Promise<CheckpointView | null> {
  return firstOf(database.read<CheckpointRow>(tenantId, byPosition, [tenantId, size]));
}

export function findLatestCheckpoint(database: Database, tenantId: string): Promise<CheckpointView | null> {
  return firstOf(database.read<CheckpointRow>(tenantId, latestOf, [tenantId]));
}

export function listCheckpoints(database: Database, tenantId: string, page: PageRequest): Promise<Listed> {
  const values = [page.after?.[0] ?? 0];
  return readPage<CheckpointRow>(database, byGrowth, {
    tenantId,
    page,
    values,
    show: (row) => JSON.stringify(showing(row)),
  });
}

function showing({ size, root, note, signed_at }: CheckpointRow): CheckpointView {
  return { size, root, note, signed_at };
}

export const LogKeysView = Type.Object(
  {
    origin: Type.String({ maxLength: 300, description: 'Names the log; the first line of every checkpoint' }),
    keys: Type.Array(
      Type.Object(
        {
          key: Type.String({ maxLength: 400, description: 'Verifier key: `name+id+key`' }),
          status: Type.Enum(['active', 'retired']),
          from: Timestamp,
          until: Type.Union([Timestamp, Type.Null()]),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1_000 },
    ),
  },
  { additionalProperties: false },
);

export interface LogKeys {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
  readonly shown: Static<typeof LogKeysView>;
  readonly position: number;
}

interface KeyRow extends Record<string, unknown> {
  readonly position: number;
  readonly origin: string;
  readonly public_key: string;
  readonly status: 'active' | 'retired';
  readonly from: string;
  readonly until: string | null;
}

const keysOf = statement(
  'log_keys',
  `select ${headPosition} as position, s.origin, k.public_key, k.status, k.created_at as from,
          case when k.status = 'retired' then k.updated_at end as until
     from ledger.seals s
     join view.signing_keys k on k.tenant_id = $1 and k.purpose = 'log'
    where s.tenant_id = $1
    order by k.signing_key_id`,
);

/** Retired keys too: what they signed stays signed. Null before the first checkpoint. */
export async function findLogKeys(database: Database, tenantId: string): Promise<LogKeys | null> {
  const rows = await database.read<KeyRow>(tenantId, keysOf, [tenantId]);
  const [first] = rows;
  if (first === undefined) return null;
  const { origin, position } = first;
  const keys = rows.map(({ public_key }) => ({ name: origin, publicKey: public_key }));
  const shown = rows.map(({ status, from, until }, at) => ({
    key: verifierKey(keys[at] as NoteKey),
    status,
    from,
    until,
  }));
  return { origin, keys, position, shown: { origin, keys: shown } };
}

export interface LogPage {
  /** JSON texts, in the order of the log; a checkpoint comes right after the last entry under it. */
  readonly lines: readonly string[];
  readonly reached: number;
}

interface LineRow extends Record<string, unknown> {
  readonly position: number;
  readonly entry: string;
  readonly leaf_hash: string;
  readonly chain_hash: string;
  readonly note: string | null;
}

const entriesAtOnce = 200;
const linesOf = statement(
  'export_lines',
  `select e.position, e.entry, encode(e.leaf_hash, 'hex') as leaf_hash, encode(e.chain_hash, 'hex') as chain_hash, c.note
     from ledger.events e
     left join ledger.checkpoints c on c.tenant_id = $1 and c.position = e.position
    where e.tenant_id = $1 and e.position > $2 and e.position <= $3
    order by e.position limit ${entriesAtOnce}`,
);

/** The next lines of the log after one position, up to another. */
export async function readLines(database: Database, tenantId: string, after: number, until: number): Promise<LogPage> {
  const rows = await database.read<LineRow>(tenantId, linesOf, [tenantId, after, until]);
  const lines = rows.flatMap(({ entry, leaf_hash, chain_hash, note }) => [
    JSON.stringify({ kind: 'entry', entry, leaf_hash, chain_hash }),
    ...(note === null ? [] : [JSON.stringify({ kind: 'checkpoint', note })]),
  ]);
  return { lines, reached: rows.at(-1)?.position ?? until };
}

const hashesOf = statement(
  'find_leaf_hash',
  `select encode(e.leaf_hash, 'base64') as leaf_hash from ledger.events e where e.tenant_id = $1 and e.position = $2`,
);

export async function findLeafHash(database: Database, tenantId: string, position: number): Promise<string | null> {
  const [row] = await database.read<{ leaf_hash: string }>(tenantId, hashesOf, [tenantId, position]);
  return row?.leaf_hash ?? null;
}
