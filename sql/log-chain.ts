// Reads a stretch of a log and checks it inside the database: entries against their leaf hashes, and those against the
// chain from the entry before.
import type { HaltEvidence } from '../kernel/evidence.ts';
import type { Queryable } from './database.ts';
import { statement } from './statement.ts';

/** Entries after one position up to another, and the chain hash of the first of these. */
export interface Stretch {
  readonly after: number;
  readonly until: number;
  readonly chain: Buffer;
}

export interface Link {
  /** All there, and every hash is what it must be. */
  readonly whole: boolean;
  /** Side by side. */
  readonly leaves: Buffer;
  /** Of the last entry. */
  readonly chain: Buffer;
}

interface LinkRow extends Record<string, unknown> {
  readonly count: number;
  readonly broken: number;
  readonly leaves: Buffer | null;
  readonly chain: Buffer | null;
}

interface BreakRow extends Record<string, unknown> {
  readonly position: number;
  readonly leaf_due: Buffer;
  readonly leaf_hash: Buffer;
  readonly chain_due: Buffer;
  readonly chain_hash: Buffer;
}

const linked = `(
  select e.position, e.leaf_hash, e.chain_hash,
         sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8')) as leaf_due,
         sha256(lag(e.chain_hash, 1, $4::bytea) over (order by e.position) || e.leaf_hash) as chain_due
    from ledger.events e
   where e.tenant_id = $1 and e.position > $2 and e.position <= $3
)`;
const linkStatement = statement(
  'check_link',
  `select count(*) as count, count(*) filter (where l.leaf_hash <> l.leaf_due or l.chain_hash <> l.chain_due) as broken,
          string_agg(l.leaf_hash, ''::bytea order by l.position) as leaves,
          (select e.chain_hash from ledger.events e where e.tenant_id = $1 and e.position = $3) as chain
     from ${linked} l`,
);
const breakStatement = statement(
  'find_break',
  `select l.position, l.leaf_due, l.leaf_hash, l.chain_due, l.chain_hash
     from ${linked} l
    where l.leaf_hash <> l.leaf_due or l.chain_hash <> l.chain_due
    order by l.position limit 1`,
);
const gapStatement = statement(
  'find_gap',
  `select min(g.position) as position
     from (select e.position, row_number() over (order by e.position) + $2 as due from ledger.events e
            where e.tenant_id = $1 and e.position > $2 and e.position <= $3) g
    where g.position <> g.due`,
);

export async function readLink(session: Queryable, tenantId: string, stretch: Stretch): Promise<Link> {
  const { after, until, chain } = stretch;
  const [row] = await session.read<LinkRow>(tenantId, linkStatement, [tenantId, after, until, chain]);
  const whole = row !== undefined && row.count === until - after && row.broken === 0 && row.chain !== null;
  return { whole, leaves: row?.leaves ?? Buffer.alloc(0), chain: row?.chain ?? chain };
}

/** The first place at which a stretch that is not whole goes wrong. */
export async function findBreak(session: Queryable, tenantId: string, stretch: Stretch): Promise<HaltEvidence> {
  const { after, until, chain } = stretch;
  const [wrong] = await session.read<BreakRow>(tenantId, breakStatement, [tenantId, after, until, chain]);
  if (wrong !== undefined) {
    const isLeaf = !wrong.leaf_hash.equals(wrong.leaf_due);
    const [promised, found] = isLeaf ? [wrong.leaf_hash, wrong.leaf_due] : [wrong.chain_due, wrong.chain_hash];
    return evidenceAt(wrong.position, promised.toString('hex'), found.toString('hex'));
  }
  const [gap] = await session.read<{ position: number | null }>(tenantId, gapStatement, [tenantId, after, until]);
  return evidenceAt(gap?.position ?? until, null, null);
}

function evidenceAt(position: number, promised: string | null, found: string | null): HaltEvidence {
  return { kind: 'chain_broken', checkpoints: [], position, promised, found };
}
