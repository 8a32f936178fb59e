// Weighs what is reported as evidence: only a checkpoint with the tenant's own signature counts, and only when the log does
// not continue it, or when another one contradicts it.
import type { HaltEvidence } from '../kernel/evidence.ts';
import { type Checkpoint, openCheckpoint } from '../kernel/log-checkpoint.ts';
import { proofRefusals } from '../policies/proof.ts';
import { findLogKeys } from '../projections/proof.ts';
import { readPosition } from '../sql/feed-position.ts';
import { readSpans } from '../sql/tree.ts';
import type { Call } from './call.ts';

interface Reported {
  readonly checkpoint: string;
  readonly other?: string;
}

interface Signed extends Checkpoint {
  readonly text: string;
}

/** Refused reports are told to whoever runs the server, and leave nothing in the log of the tenant. */
export async function weighEvidence(call: Call, { checkpoint, other }: Reported): Promise<HaltEvidence> {
  try {
    const notes = other === undefined ? [checkpoint] : [checkpoint, other];
    const signed = await Promise.all(notes.map((note) => openSigned(call, note)));
    return contradiction(signed) ?? (await departures(call, signed));
  } catch (error) {
    call.api.logger.warn({ tenant_id: call.tenantId, key_id: call.actor.key_id }, 'evidence for a halt was refused');
    throw error;
  }
}

async function openSigned(call: Call, text: string): Promise<Signed> {
  const found = await findLogKeys(call.api.database, call.tenantId);
  const opened = found === null ? null : openCheckpoint(text, found.keys);
  if (opened === null) {
    throw proofRefusals.refuse('evidence_unsigned', 'A key of this tenant did not sign this as a checkpoint.');
  }
  return { ...opened, text };
}

/** The same evidence in either order. */
function contradiction(signed: readonly Signed[]): HaltEvidence | null {
  const [one, two] = signed.toSorted((a, b) => Buffer.compare(a.root, b.root));
  if (one === undefined || two === undefined || one.size !== two.size || one.root.equals(two.root)) return null;
  return {
    kind: 'checkpoints_differ',
    checkpoints: [one.text, two.text],
    position: one.size,
    promised: one.root.toString('hex'),
    found: two.root.toString('hex'),
  };
}

async function departures(call: Call, signed: readonly Signed[]): Promise<HaltEvidence> {
  for (const { text, size, root } of signed) {
    const found = await rootAt(call, size);
    if (found?.equals(root) === true) continue;
    return {
      kind: 'log_departed',
      checkpoints: [text],
      position: size,
      promised: root.toString('hex'),
      found: found?.toString('hex') ?? null,
    };
  }
  throw proofRefusals.refuse('evidence_consistent', 'The log begins with what this checkpoint promises.');
}

/** Null when the log is not that long. */
async function rootAt({ api, tenantId }: Call, size: number): Promise<Buffer | null> {
  if (size > (await readPosition(api.database, tenantId))) return null;
  await api.sealedLog.reach(tenantId, size);
  const [root] = await readSpans(api.database, tenantId, [{ start: 0, end: size }]);
  return root ?? null;
}
