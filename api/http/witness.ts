// Loopledger-Checkpoint: a caller who keeps the last checkpoint it saw is shown, with any answer, that the log still
// continues it. The server only makes the proof; it is the caller who checks it.
import { hashOf, sizeOf } from '../../kernel/log-checkpoint.ts';
import { consistencySpans } from '../../kernel/merkle.ts';
import { proofRefusals } from '../../policies/proof.ts';
import { findCheckpoint } from '../../projections/proof.ts';
import { readSpans } from '../../sql/tree.ts';
import type { Answer, Call } from '../call.ts';

interface Seen {
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

const form = /^([1-9]\d{0,15}):([0-9A-Za-z+/]{43}=)$/;

/** Null when the caller brings none. An empty tree is no checkpoint: whoever only ever says that witnesses nothing. */
export function seenCheckpoint(call: Call): Seen | null {
  const header = call.header('loopledger-checkpoint');
  if (header === undefined) return null;
  const [, number = '', root = ''] = form.exec(header) ?? [];
  const size = sizeOf(number);
  if (size === null || hashOf(root) === null) {
    throw proofRefusals.refuse('checkpoint_malformed', 'Loopledger-Checkpoint is the size and the root, as in 42:X…=.');
  }
  return { size, root };
}

/** A checkpoint that does not belong to the log ends this request before it does anything, and no other one. */
export async function answerWitness(call: Call, seen: Seen): Promise<Answer> {
  const headers = await witnessHeaders(call, seen);
  const answer = await call.route.handler(call);
  return { ...answer, headers: [...(answer.headers ?? []), ...headers] };
}

async function witnessHeaders({ api, tenantId }: Call, { size, root }: Seen): Promise<string[]> {
  const signed = await findCheckpoint(api.database, tenantId, size);
  if (signed === null) throw proofRefusals.refuse('checkpoint_unknown', `No checkpoint of ${size} entries was signed.`);
  if (signed.root !== root) {
    throw proofRefusals.refuse('checkpoint_differs', `The checkpoint of ${size} entries has another root.`);
  }
  const latest = await api.sealedLog.reach(tenantId, size);
  const proof = await readSpans(api.database, tenantId, consistencySpans(size, latest.size));
  const hashes = proof.map((hash) => hash.toString('base64')).join(',');
  const note = Buffer.from(latest.note).toString('base64');
  return ['loopledger-checkpoint', note, 'loopledger-consistency', hashes];
}
