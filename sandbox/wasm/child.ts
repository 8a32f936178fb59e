// The launcher's part inside a process of the wasm tier: reads what is to be run, and tells how it ended.
import { readSync, writeSync } from 'node:fs';
import { packFiles, unpackArtifacts } from '../archive.ts';
import type { Artifact, SandboxFile } from '../port.ts';

/** The command, as the tier writes it for these children. */
export interface Order {
  readonly entry: string;
  readonly argv: readonly string[];
  readonly memoryBytes: number;
  readonly fileBytes: number;
}

export interface Message {
  readonly nonce: string;
  readonly order: Order;
  readonly files: readonly Artifact[];
  readonly stdin: Buffer;
}

export interface End {
  readonly exitCode: number;
  readonly oom: boolean;
  readonly left: readonly SandboxFile[];
}

/** Waits for it; null when whoever wanted the sandbox is gone. */
export function readMessage(): Message | null {
  const said = readAll();
  const lineEnd = said.indexOf(0x0a);
  if (lineEnd === -1) return null;
  const [nonce = '', files = '0', words = '0'] = said.toString('latin1', 0, lineEnd).split(' ');
  const filesAt = lineEnd + 1;
  const wordsAt = filesAt + Number(files);
  const stdinAt = wordsAt + Number(words);
  const all = { artifacts: Infinity, artifactBytes: Infinity };
  return {
    nonce,
    order: JSON.parse(said.toString('utf8', wordsAt, stdinAt)) as Order,
    files: unpackArtifacts(said.subarray(filesAt, wordsAt), all).artifacts,
    stdin: said.subarray(stdinAt),
  };
}

export function sayBegin(nonce: string): void {
  write(1, Buffer.from(`${nonce} begin\n`));
}

export function sayEnd(nonce: string, { exitCode, oom, left }: End): void {
  write(1, Buffer.from(`${nonce} end ${exitCode & 255} 0 ${oom ? 1 : 0}\n`));
  if (left.length > 0) write(1, packFiles(left));
}

/** A pipe that is full says so; the reader is on its way. */
export function write(descriptor: 1 | 2, bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return bytes.length;
}

function readAll(): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSync(0, chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
  }
}
