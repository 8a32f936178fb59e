// Checks that one entry is in a log, from the text of its proof alone.
import { openCheckpoint, readEntryProof } from '../kernel/log-checkpoint.ts';
import { isIncluded, leafHash } from '../kernel/merkle.ts';
import { parseVerifierKey } from '../kernel/note.ts';

export interface ProofFinding {
  /** Null when it holds. */
  readonly fault: string | null;
  readonly told: { readonly origin: string; readonly position: number; readonly size: number } | null;
}

export function checkEntryProof(text: string, entry: Uint8Array, keys: readonly string[]): ProofFinding {
  const parsed = keys.map(parseVerifierKey);
  if (parsed.length === 0 || parsed.includes(null)) return wrong('a key is not the text of an Ed25519 verifier key');
  const proof = readEntryProof(text);
  if (proof === null) return wrong('the text is no proof');
  const trusted = parsed.filter((key) => key !== null);
  const checkpoint = openCheckpoint(proof.checkpoint, trusted);
  if (checkpoint === null) return wrong('its checkpoint is not signed by a trusted key');
  const { origin, size, root } = checkpoint;
  const claim = { leaf: proof.index, size, leafHash: leafHash(entry), root, proof: proof.proof };
  if (!isIncluded(claim)) return wrong('the entry is not under that checkpoint at that place');
  return { fault: null, told: { origin, position: proof.index + 1, size } };
}

function wrong(fault: string): ProofFinding {
  return { fault, told: null };
}
