// How large one entry of the log may be.

/** Leaves room in 64 KiB for what the ledger adds to the data of an event. */
const maxEntryBytes = 65_536 - 1_024;

/** `text` is the canonical JSON of an event's data. */
export function entryFits(text: string): boolean {
  return text.length <= maxEntryBytes && Buffer.byteLength(text) <= maxEntryBytes;
}
