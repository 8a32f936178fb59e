// The master key: 32 secret bytes from which the server derives what it signs and seals with.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createFile } from './private-file.ts';
import { refuseBoot } from './refusal.ts';

const keyBytes = 32;
/** Bytes that differ: fewer than this in 32 random ones does not happen. */
const leastVariety = 12;

/** `source` is the variable or the file that is named when the key is no good; the key itself never is. */
export function parseMasterKey(text: string, source: string): Buffer {
  const key = decode(text);
  if (key?.length !== keyBytes) {
    const cure = 'make one with: openssl rand -base64 32';
    throw refuseBoot(
      'config_invalid',
      `${source} must be exactly ${keyBytes} bytes in base64 or hexadecimal; ${cure}.`,
    );
  }
  if (new Set(key).size < leastVariety || isCounting(key)) {
    throw refuseBoot('config_invalid', `${source} is not random; make one with: openssl rand -base64 32.`);
  }
  return key;
}

function decode(text: string): Buffer | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
}

/** 00 01 02 … and such: what stands in examples. */
function isCounting(key: Buffer): boolean {
  const step = ((key[1] as number) - (key[0] as number)) & 0xff;
  return key.every((byte, index) => index === 0 || ((byte - (key[index - 1] as number)) & 0xff) === step);
}

/** Made once, at the first start; losing the file means losing what was sealed with it. */
export async function loadMasterKey(dataFolder: string): Promise<Buffer> {
  const file = path.join(dataFolder, 'master.key');
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  await createFile(file, `${randomBytes(keyBytes).toString('base64')}\n`);
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw refuseBoot('config_invalid', `Other users can read ${file}; make it private with: chmod 600 ${file}`);
  }
  return parseMasterKey((await readFile(file, 'utf8')).trim(), file);
}
