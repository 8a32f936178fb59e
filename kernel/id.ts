// UUIDv7 in lower-case canonical form: the only form of an id, in and out.
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;
let lastMs = 0;
let sequence = 0;

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Ascending within the process: 12 bits count up inside a millisecond, 62 bits are random. */
export function newId(nowMs = Date.now()): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  advance(nowMs);
  const counter = (0x7000 | sequence).toString(16);
  const variant = hex[((pool[used] as number) & 0x3f) | 0x80] as string;
  const head = `${headText()}-${counter}-${variant}${next(1)}-`;
  const tail = `${next(2)}${next(3)}${next(4)}${next(5)}${next(6)}${next(7)}`;
  used += 8;
  return head + tail;
}

function next(offset: number): string {
  return hex[pool[used + offset] as number] as string;
}

let shownMs = -1;
let shownText = '';

/** Many ids are made within one millisecond, and its text is the dearer half of them. */
function headText(): string {
  if (shownMs !== lastMs) {
    const ms = lastMs.toString(16).padStart(12, '0');
    shownText = `${ms.slice(0, 8)}-${ms.slice(8)}`;
    shownMs = lastMs;
  }
  return shownText;
}

function advance(nowMs: number): void {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = (pool[used + 8] as number) & 0x7f;
    used += 2;
    return;
  }
  sequence += 1;
  if (sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
}

export const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const uuid = new RegExp(uuidPattern);

export function isId(value: unknown): value is string {
  return typeof value === 'string' && uuid.test(value);
}
