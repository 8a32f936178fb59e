// API keys: how they are made, recognised without a database call, stored and kept out of logs.
import { hash, randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type KeyKind = 'live' | 'eph';

export interface NewKey {
  /** Shown once and never stored. */
  readonly secret: string;
  readonly hash: Buffer;
  /** Identifies the key in lists. */
  readonly prefix: string;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLength = 32;
const checkLength = 6;
const prefixLength = 12;
const shape = /^ll_(?:live|eph)_[0-9A-Za-z]{38}$/;

export function newKey(kind: KeyKind): NewKey {
  const stem = `ll_${kind}_${randomText(randomLength)}`;
  const secret = stem + checkOf(stem);
  return { secret, hash: hash('sha256', secret, 'buffer'), prefix: secret.slice(0, prefixLength) };
}

/** True when the text is a key that was not mistyped or made up; whether it is known is another question. */
export function isKey(text: string): boolean {
  if (!shape.test(text)) return false;
  return checkOf(text.slice(0, -checkLength)) === text.slice(-checkLength);
}

/** Lower-case hexadecimal SHA-256: how a key is looked up and cached. */
export function keyHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** 248 is the largest multiple of 62 that a byte holds: taking the rest of larger bytes would favour some letters. */
function randomText(length: number): string {
  const bytes = Buffer.alloc(length * 2);
  let text = '';
  while (text.length < length) {
    randomFillSync(bytes);
    for (let index = 0; index < bytes.length && text.length < length; index += 1) {
      const byte = bytes[index] as number;
      if (byte < 248) text += alphabet[byte % 62];
    }
  }
  return text;
}

function checkOf(stem: string): string {
  let rest = crc32(stem);
  let text = '';
  for (let index = 0; index < checkLength; index += 1) {
    text = `${alphabet[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  }
  return text;
}

const secretShapes = [
  /ll_(?:live|eph)_[0-9A-Za-z]{6,}/g,
  /whsec_[0-9A-Za-z+/=_-]{8,}/g,
  /eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*/g,
];

/** The last gate before a line leaves the process: whatever looks like a secret of ours does not pass. */
export function scrubSecrets(line: string): string {
  if (!line.includes('ll_') && !line.includes('whsec_') && !line.includes('eyJ')) return line;
  let clean = line;
  for (const secret of secretShapes) clean = clean.replace(secret, '[secret]');
  return clean;
}
