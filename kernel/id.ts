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
  const ms = lastMs.toString(16).padStart(12, '0');
  const counter = (0x7000 | sequence).toString(16);
  const tail: string[] = [];
  for (let index = 0; index < 8; index += 1) tail.push(hex[pool[used + index] as number] as string);
  const variant = hex[((pool[used] as number) & 0x3f) | 0x80] as string;
  used += 8;
  return `${ms.slice(0, 8)}-${ms.slice(8)}-${counter}-${variant}${tail[1]}-${tail.slice(2).join('')}`;
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
