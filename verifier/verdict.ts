// What a check found, and how it is told: what holds, what does not, and what nobody could tell from these files.

export interface Verdict {
  /** The first of them. */
  readonly faults: readonly string[];
  readonly faultCount: number;
  readonly origin: string;
  readonly tenantId: string | null;
  readonly entries: number;
  readonly streams: number;
  /** Base64, as in a checkpoint. */
  readonly root: string;
  /** Entries under a checkpoint that holds. */
  readonly signedSize: number;
  readonly signedCount: number;
  /** Of these, checkpoints that the caller brought along. */
  readonly heldCount: number;
  /** The caller named the keys. */
  readonly pinned: boolean;
}

/** `unanchored`: nothing is wrong, but nothing that the caller brought along vouches for it either. */
export type Outcome = 'proven' | 'wrong' | 'unanchored';

export const exitCodes = { proven: 0, wrong: 1, unusable: 2, unanchored: 3 } as const;

export function outcomeOf({ faultCount, pinned, signedCount, heldCount }: Verdict): Outcome {
  if (faultCount > 0) return 'wrong';
  return heldCount > 0 || (pinned && signedCount > 0) ? 'proven' : 'unanchored';
}

export function reportJson(verdict: Verdict): string {
  const { faults, faultCount, origin, tenantId, entries, streams, root, signedSize, signedCount, heldCount, pinned } =
    verdict;
  return JSON.stringify({
    outcome: outcomeOf(verdict),
    origin,
    tenant_id: tenantId,
    entries,
    streams,
    root,
    signed_entries: signedSize,
    checkpoints: signedCount,
    held_checkpoints: heldCount,
    keys_pinned: pinned,
    faults,
    fault_count: faultCount,
    not_proven: outcomeOf(verdict) === 'wrong' ? [] : gapsOf(verdict),
  });
}

export function reportText(verdict: Verdict): string {
  const outcome = outcomeOf(verdict);
  if (outcome === 'wrong') return `${wrongLines(verdict).join('\n')}\n`;
  const head = outcome === 'proven' ? 'THE LOG HOLDS.' : 'NOTHING IS WRONG, BUT NOTHING VOUCHES FOR IT EITHER.';
  const gaps = gapsOf(verdict).map((gap) => `  - ${gap}`);
  return `${[head, 'Proven:', ...holdsOf(verdict).map((hold) => `  - ${hold}`), 'Not proven:', ...gaps].join('\n')}\n`;
}

function wrongLines({ faults, faultCount }: Verdict): string[] {
  const rest = faultCount > faults.length ? [`  - and ${faultCount - faults.length} more`] : [];
  return ['THE LOG DOES NOT HOLD.', ...faults.map((fault) => `  - ${fault}`), ...rest];
}

function holdsOf({ entries, streams, signedSize, signedCount, heldCount, origin }: Verdict): string[] {
  return [
    `${entries} entries stand at positions 1 to ${entries} without a gap, each with the hashes of its own bytes.`,
    `${streams} streams count their versions from 1 without a gap, and no entry is older than the one before it.`,
    `${signedCount} checkpoints of ${origin} are signed and fit; the last covers ${signedSize} entries.`,
    ...(heldCount > 0 ? [`${heldCount} of them you brought along: what they cover has not changed since.`] : []),
  ];
}

function gapsOf({ entries, signedSize, pinned, heldCount }: Verdict): string[] {
  const gaps: string[] = [];
  if (!pinned)
    gaps.push('Whose log this is: the keys come from the export itself. Name the ones you trust with --key.');
  if (heldCount === 0) {
    gaps.push('That this is the log that others were shown: bring a checkpoint that you or somebody else kept.');
  }
  if (signedSize < entries) gaps.push(`The last ${entries - signedSize} entries: no checkpoint covers them yet.`);
  gaps.push('That what the entries say is true: the log proves what was said, by whom, and in which order.');
  return gaps;
}
