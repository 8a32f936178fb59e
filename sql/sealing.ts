// Signs checkpoints of logs. Any number of processes may do it at once: one of them has the seal of a log, and before it
// signs it makes sure that the log still continues what was signed before.
import { randomBytes } from 'node:crypto';
import type { HaltEvidence } from '../kernel/evidence.ts';
import { signCheckpoint } from '../kernel/log-checkpoint.ts';
import { hashesOf, TilingTree } from '../kernel/tile.ts';
import type { LedgerDatabase, Queryable } from './database.ts';
import { findBreak, readLink } from './log-chain.ts';
import { statement } from './statement.ts';
import type { TenantKeys, TenantSigner } from './tenant-keys.ts';
import { readEdge } from './tree.ts';

export interface SealingOptions {
  readonly database: LedgerDatabase;
  readonly tenantKeys: Pick<TenantKeys, 'signer'>;
  /** Origins of new logs begin with it. */
  readonly host: string;
}

/**
 * `sealed` and `current` tell up to where the log is signed now. `early` comes less than a second after the last time,
 * `busy` while another process is at it, and `broken` is nothing to sign but to show. A tenant that was
 * never founded is `keyless`.
 */
export type SealOutcome =
  | { readonly kind: 'sealed' | 'current'; readonly position: number; readonly head: number }
  | { readonly kind: 'early'; readonly waitMs: number }
  | { readonly kind: 'busy' }
  | { readonly kind: 'keyless' }
  | { readonly kind: 'broken'; readonly evidence: HaltEvidence };

export interface Sealing {
  seal(tenantId: string): Promise<SealOutcome>;
}

interface LastRow extends Record<string, unknown> {
  readonly head: number;
  readonly head_chain: Buffer;
  readonly position: number | null;
  readonly root: Buffer | null;
  readonly chain_hash: Buffer | null;
  readonly note: string | null;
  readonly wait_ms: number | null;
}

interface Last {
  readonly position: number;
  readonly root: Buffer;
  readonly chain: Buffer;
  readonly note: string | null;
}

/** Entries that one step reads, and steps that one checkpoint may take: a log that is far behind catches up by and by. */
const entriesAtOnce = 16_384;
const stepsAtOnce = 4;
const nothingYet: Last = { position: 0, root: new TilingTree(0, []).root(), chain: Buffer.alloc(32), note: null };

const takeStatement = statement('take_seal', 'select ledger.take_seal($1, $2) as origin');
const lastStatement = statement(
  'last_checkpoint_and_head',
  `select h.position as head, h.chain_hash as head_chain, c.position, c.root, c.chain_hash, c.note,
          ceil(1000 - extract(epoch from clock_timestamp() - c.signed_at) * 1000)::double precision as wait_ms
     from ledger.heads h
     left join lateral (
       select * from ledger.checkpoints k where k.tenant_id = $1 order by k.position desc limit 1
     ) c on true
    where h.tenant_id = $1`,
);
const keyStatement = statement(
  'has_log_key',
  `select exists (
     select from view.signing_keys k where k.tenant_id = $1 and k.purpose = 'log' and k.status = 'active'
   ) as found`,
);
const addStatement = statement(
  'add_checkpoint',
  'select ledger.add_checkpoint($1, $2, $3, $4, $5, $6, $7, $8, $9) as signed_at',
);

export function createSealing({ database, tenantKeys, host }: SealingOptions): Sealing {
  return {
    async seal(tenantId) {
      // Before the seal is taken: a wait for a key must not be a wait for everybody.
      const key = await findSigner({ database, tenantKeys }, tenantId);
      if (key === null) return { kind: 'keyless' };
      const newOrigin = `${host}/log/${randomBytes(16).toString('hex')}`;
      return database.hold(async (session) => {
        const [taken] = await session.platform<{ origin: string | null }>(takeStatement, [tenantId, newOrigin]);
        const origin = taken?.origin ?? null;
        return origin === null ? { kind: 'busy' } : sealHeld(session, { tenantId, origin, key });
      });
    },
  };
}

/** Null when there is no key; a key that is there and cannot be opened is a failure. */
async function findSigner(
  { database, tenantKeys }: Pick<SealingOptions, 'database' | 'tenantKeys'>,
  tenantId: string,
): Promise<TenantSigner | null> {
  try {
    return await tenantKeys.signer(tenantId, 'log');
  } catch (error) {
    const [row] = await database.read<{ found: boolean }>(tenantId, keyStatement, [tenantId]);
    if (row?.found === true) throw error;
    return null;
  }
}

interface Held {
  readonly tenantId: string;
  readonly origin: string;
  readonly key: TenantSigner;
}

async function sealHeld(session: Queryable, held: Held): Promise<SealOutcome> {
  const { tenantId } = held;
  const [row] = await session.read<LastRow>(tenantId, lastStatement, [tenantId]);
  if (row === undefined) return { kind: 'current', position: 0, head: 0 };
  const last = lastOf(row);
  if (row.head === last.position && row.head_chain.equals(last.chain)) {
    return { kind: 'current', position: last.position, head: row.head };
  }
  if (row.head <= last.position) return broken(departure(last, null));
  if (row.wait_ms !== null && row.wait_ms > 0) return { kind: 'early', waitMs: row.wait_ms };
  const edge = await readEdge(session, tenantId, last.position);
  if (edge === null) return broken(departure(last, null));
  const tree = new TilingTree(last.position, edge);
  if (!tree.root().equals(last.root)) return broken(departure(last, tree.root()));
  const broke = await growTree(session, tenantId, { tree, last, row });
  if (broke !== null) return broken(broke);
  await addCheckpoint(session, held, last, tree);
  return { kind: 'sealed', position: tree.size, head: row.head };
}

function lastOf({ position, root, chain_hash, note }: LastRow): Last {
  if (position === null || root === null || chain_hash === null) return nothingYet;
  return { position, root, chain: chain_hash, note };
}

function broken(evidence: HaltEvidence): SealOutcome {
  return { kind: 'broken', evidence };
}

/** The log does not go on from where it was signed. */
function departure({ position, root, note }: Last, found: Buffer | null): HaltEvidence {
  return {
    kind: 'log_departed',
    checkpoints: note === null ? [] : [note],
    position,
    promised: root.toString('hex'),
    found: found?.toString('hex') ?? null,
  };
}

interface Growing {
  readonly tree: TilingTree;
  readonly last: Last;
  readonly row: LastRow;
}

/** Every entry is read and checked before it is signed for. Answers with the first break of the chain. */
async function growTree(session: Queryable, tenantId: string, growing: Growing): Promise<HaltEvidence | null> {
  const { tree, last, row } = growing;
  let chain = last.chain;
  for (let step = 0; step < stepsAtOnce && tree.size < row.head; step += 1) {
    const after = tree.size;
    const until = Math.min(row.head, after + entriesAtOnce);
    const link = await readLink(session, tenantId, { after, until, chain });
    if (!link.whole) return findBreak(session, tenantId, { after, until, chain });
    for (const leaf of hashesOf(link.leaves)) tree.append(leaf);
    chain = link.chain;
  }
  if (tree.size < row.head || chain.equals(row.head_chain)) return null;
  const [promised, found] = [row.head_chain.toString('hex'), chain.toString('hex')];
  return { kind: 'chain_broken', checkpoints: [], position: row.head, promised, found };
}

async function addCheckpoint(session: Queryable, held: Held, last: Last, tree: TilingTree): Promise<void> {
  const { tenantId, origin, key } = held;
  const { size, full } = tree;
  const root = tree.root();
  const note = signCheckpoint(
    { origin, size, root },
    { name: origin, publicKey: key.publicKey, sign: (bytes) => key.sign(bytes) },
  );
  await session.platform(addStatement, [
    tenantId,
    last.position,
    size,
    root,
    note,
    full.map(({ level }) => level),
    full.map(({ index }) => index),
    full.map(({ root: hash }) => hash),
    full.map(({ hashes }) => hashes),
  ]);
}
