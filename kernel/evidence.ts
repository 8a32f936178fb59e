// Evidence that the log is not what it was: what a halt is based on, and what it is named by.
import { type Static, Type } from 'typebox';
import { canonicalJson } from './canonical.ts';
import { Digest, digestOf } from './digest.ts';
import { Position } from './shape.ts';

const closed = { additionalProperties: false } as const;

/** A checkpoint as it is handed out: a signed note. */
export const CheckpointNote = Type.String({
  minLength: 1,
  maxLength: 4_096,
  pattern: '^\\S+\\n\\d{1,16}\\n[0-9A-Za-z+/]{43}=\\n(?:.+\\n)*\\n(?:\\u2014 \\S+ \\S+\\n)+$',
  description: 'A checkpoint as it was handed out: a C2SP signed note',
});

export const HaltEvidence = Type.Object(
  {
    kind: Type.Enum(['checkpoints_differ', 'log_departed', 'chain_broken'], {
      description:
        'Two checkpoints of one size with different roots; a checkpoint that the log does not continue; an entry that ' +
        'does not fit the hashes beside it',
    }),
    checkpoints: Type.Array(CheckpointNote, { maxItems: 2, description: 'Signed by this tenant' }),
    position: Position,
    promised: Type.Union([Digest, Type.Null()], { description: 'The root or hash that there should be' }),
    found: Type.Union([Digest, Type.Null()], { description: 'What there is; null when the log ends before it' }),
  },
  closed,
);
export type HaltEvidence = Static<typeof HaltEvidence>;

export function evidenceHash(evidence: HaltEvidence): string {
  return digestOf(canonicalJson(evidence));
}

/** The promise that was broken. What is found in its place changes as the log grows; the promise does not. */
export function promiseOf({ position, promised }: HaltEvidence): string {
  return `${position}:${promised ?? ''}`;
}
