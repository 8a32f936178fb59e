// How the launcher inside a sandbox is spoken to: a header, files and a command go in; marks, output and artifacts come out.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packFiles } from './archive.ts';
import type { CheckedRequest } from './request.ts';

export const launcherText = readFileSync(path.join(import.meta.dirname, 'launcher.sh'), 'utf8');

/** What the code itself sees, and nothing else. */
const environment = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/work', 'LANG=C.UTF-8', 'PYTHONUNBUFFERED=1'];

export type Interpreters = Readonly<Record<CheckedRequest['language'], readonly string[]>>;

/** The command as words of a shell; each is quoted, so that none is anything but itself. */
export function shellWords(interpreters: Interpreters, request: CheckedRequest): string {
  const { language, entry, argv } = request;
  const words = ['env', '-i', ...environment, ...interpreters[language], entry, ...argv];
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

export function messageOf(nonce: string, request: CheckedRequest, words: string): Buffer {
  const files = packFiles(request.files);
  const { artifacts, artifactBytes } = request.limits;
  // Each artifact comes with a header and padding, folders with a header.
  const most = artifactBytes + (artifacts * 4 + 20) * 512;
  const command = Buffer.from(words);
  const header = Buffer.from(`${nonce} ${files.length} ${command.length} ${most}\n`);
  return Buffer.concat([header, files, command, Buffer.from(request.stdin)]);
}

/** How the code ended, as the launcher saw it. */
export interface LauncherWord {
  readonly exitCode: number;
  readonly pidsHits: number;
  readonly oomHits: number;
}

/** Splits what a launcher writes into the code's own output and what stands before and after it. */
export class LauncherOutput {
  private readonly beginMark: Buffer;
  private readonly endMark: Buffer;
  private readonly onBegin: () => void;
  private readonly onOutput: (chunk: Buffer) => void;
  private readonly maxAfter: number;
  private pending: Buffer = Buffer.alloc(0);
  private phase: 'before' | 'output' | 'after' = 'before';
  private readonly after: Buffer[] = [];
  private afterBytes = 0;

  constructor(
    nonce: string,
    maxAfter: number,
    handlers: { readonly onBegin: () => void; readonly onOutput: (chunk: Buffer) => void },
  ) {
    this.beginMark = Buffer.from(`${nonce} begin\n`);
    this.endMark = Buffer.from(`${nonce} end `);
    this.maxAfter = maxAfter;
    this.onBegin = handlers.onBegin;
    this.onOutput = handlers.onOutput;
  }

  get hasBegun(): boolean {
    return this.phase !== 'before';
  }

  add(chunk: Buffer): void {
    if (this.phase === 'after') return this.addAfter(chunk);
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    if (this.phase === 'before') this.findBegin();
    if (this.phase === 'output') this.findEnd();
  }

  /** Once nothing more comes. */
  finish(): void {
    if (this.phase === 'output' && this.pending.length > 0) this.onOutput(this.pending);
    this.pending = Buffer.alloc(0);
  }

  /** Null when the launcher did not live to tell. */
  word(): { readonly word: LauncherWord; readonly archive: Buffer } | null {
    const after = Buffer.concat(this.after);
    const line = /^(\d{1,3}) (\d{1,9}) (\d{1,9})\n/.exec(after.toString('latin1', 0, 40));
    if (line === null) return null;
    const [exitCode = 0, pidsHits = 0, oomHits = 0] = line.slice(1).map(Number);
    return { word: { exitCode, pidsHits, oomHits }, archive: after.subarray(line[0].length) };
  }

  private findBegin(): void {
    const at = this.pending.indexOf(this.beginMark);
    if (at === -1) return;
    this.pending = this.pending.subarray(at + this.beginMark.length);
    this.phase = 'output';
    this.onBegin();
  }

  private findEnd(): void {
    const at = this.pending.indexOf(this.endMark);
    const known = at === -1 ? beforeStartOf(this.endMark, this.pending) : at;
    if (known > 0) this.onOutput(this.pending.subarray(0, known));
    this.pending = this.pending.subarray(known);
    if (at === -1) return;
    this.phase = 'after';
    this.addAfter(this.pending.subarray(this.endMark.length));
  }

  private addAfter(chunk: Buffer): void {
    const kept = chunk.subarray(0, Math.max(0, this.maxAfter - this.afterBytes));
    this.afterBytes += kept.length;
    if (kept.length > 0) this.after.push(kept);
  }
}

/** Where at its end the first part of a mark may stand; what comes before is no part of it, and is seen at once. */
function beforeStartOf(mark: Buffer, bytes: Buffer): number {
  for (let at = Math.max(0, bytes.length - mark.length + 1); at < bytes.length; at += 1) {
    if (bytes.subarray(at).equals(mark.subarray(0, bytes.length - at))) return at;
  }
  return bytes.length;
}
