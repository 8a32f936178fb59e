// Who may see what proves the log, and why a proof is not given.
import type { RoleRule } from '../kernel/actor.ts';
import { defineRefusals } from '../kernel/refusal.ts';

export const proofRules = {
  read: { atLeast: 'agent' },
} as const satisfies Record<string, RoleRule>;

export const proofRefusals = defineRefusals({
  proof_beyond_log: {
    kind: 'missing',
    title: 'The log does not reach that far',
    remedy: 'Ask for a position that the log has; GET /api/v1/log/checkpoint shows how long it is.',
  },
  proof_range_invalid: {
    kind: 'invalid',
    title: 'A proof is of an entry under a size that has it, and from a size to one that is not smaller',
    remedy: 'Name a position that is at most the size, and a `from` that is at most `to`.',
  },
  tile_not_found: {
    kind: 'missing',
    title: 'The tree has no such tile',
    remedy: 'Compute the tiles of a tree from the size of its checkpoint, as c2sp.org/tlog-tiles describes.',
  },
  checkpoint_unavailable: {
    kind: 'unavailable',
    title: 'No checkpoint covers this yet',
    remedy: 'Try again in a second. When it stays so, read GET /api/v1/halt: what does not fit is not signed.',
  },
  checkpoint_malformed: {
    kind: 'invalid',
    title: 'Loopledger-Checkpoint is not `size:root`',
    remedy:
      'Send size and root of the last checkpoint that you saw, the root in base64 as it stands there. Without one, leave the header out.',
  },
  checkpoint_unknown: {
    kind: 'conflict',
    title: 'This log never signed a checkpoint of that size',
    remedy:
      'Send a checkpoint of this log. When you hold one with its signature, send it to POST /api/v1/halt: it is evidence.',
  },
  checkpoint_differs: {
    kind: 'conflict',
    title: 'The checkpoint of that size has another root',
    remedy:
      'When you hold yours with its signature, send it to POST /api/v1/halt: it is evidence. Otherwise it was forged on its way to you.',
  },
  export_in_progress: {
    kind: 'limited',
    title: 'The log of this tenant is being exported already',
    remedy: 'Wait until the other export is done.',
  },
  evidence_unsigned: {
    kind: 'rejected',
    title: 'This is not a checkpoint that the tenant signed',
    remedy: 'Send a checkpoint as it was handed out, whole, with its signature.',
  },
  evidence_consistent: {
    kind: 'rejected',
    title: 'The log continues this checkpoint: nothing is wrong',
    remedy: 'There is nothing to halt for.',
  },
});
