// Tar, as little of it as goes in and out of a sandbox. What comes out was written by code that nobody trusts.
import type { Artifact, SandboxFile } from './port.ts';

const block = 512;

export function packFiles(files: readonly SandboxFile[]): Buffer {
  const parts = files.flatMap(({ path, content }) => {
    const body = Buffer.from(content);
    return [headerOf(path, body.length), body, Buffer.alloc(padding(body.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

export interface Unpacked {
  readonly artifacts: readonly Artifact[];
  readonly omitted: boolean;
}

/** Regular files alone, under clean names, as many as fit; the rest is left out, whatever it claims to be. */
export function unpackArtifacts(archive: Buffer, limits: { artifacts: number; artifactBytes: number }): Unpacked {
  const artifacts: Artifact[] = [];
  let bytes = 0;
  let omitted = false;
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return { artifacts, omitted };
    const size = readSize(header);
    if (size === null || !hasChecksum(header)) break;
    const content = archive.subarray(at + block, at + block + size);
    at += block + size + padding(size);
    if (typeOf(header) === '5') continue;
    const name = readName(header);
    const fits = artifacts.length < limits.artifacts && bytes + size <= limits.artifactBytes;
    if (typeOf(header) !== '0' || name === null || content.length < size || !fits) {
      omitted = true;
      continue;
    }
    bytes += size;
    artifacts.push({ name, content: Buffer.from(content) });
  }
  // An archive without an end was cut.
  return { artifacts, omitted: omitted || archive.length > 0 };
}

function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  header.write(path, 0, 100);
  header.write('0000644\0', 100);
  header.write('0177776\0', 108);
  header.write('0177776\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function checksumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function hasChecksum(header: Buffer): boolean {
  return Number.parseInt(header.toString('latin1', 148, 156), 8) === checksumOf(header);
}

/** Null for the binary sizes of giant files as well. */
function readSize(header: Buffer): number | null {
  const text = header.toString('latin1', 124, 136).replace(/[\0 ]+$/, '');
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : null;
}

function typeOf(header: Buffer): string {
  const type = header.toString('latin1', 156, 157);
  return type === '\0' ? '0' : type;
}

function readName(header: Buffer): string | null {
  const name = header.toString('utf8', 0, 100).replace(/\0.*$/s, '').replace(/^\.\//, '');
  const parts = name.split('/');
  const isClean = /^[\w.@ +-]+(?:\/[\w.@ +-]+)*$/.test(name) && !parts.some((part) => part === '.' || part === '..');
  return isClean && header[345] === 0 ? name : null;
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}
