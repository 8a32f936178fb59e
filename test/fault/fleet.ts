// Processes of writers and readers: started, watched, stopped and killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ReaderProcessOptions } from './reader-process.ts';
import type { WriterProcessOptions } from './writer-process.ts';

export interface Telling {
  readonly events: number;
  readonly refused?: number;
  readonly unknown?: number;
  readonly repeated?: number;
  readonly slowestMs?: number;
  readonly backlog?: number;
  readonly calls?: number;
  readonly outrun?: number;
  readonly turns?: number;
  readonly contested?: number;
  readonly memoryMb?: number;
}

export class FleetProcess {
  readonly name: string;
  readonly child: ChildProcess;
  last: Telling = { events: 0 };
  private readonly ended: Promise<unknown>;
  private errors = '';

  constructor(name: string, program: string, variable: string, options: object) {
    this.name = name;
    this.child = spawn(process.execPath, [path.join(import.meta.dirname, program)], {
      env: { ...process.env, [variable]: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.child, 'close');
    if (this.child.stdout !== null) {
      createInterface({ input: this.child.stdout }).on('line', (line) => (this.last = JSON.parse(line) as Telling));
    }
    this.child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  /** Lets it finish what it has begun, and throws when it did not end well. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.end();
  }

  async end(): Promise<void> {
    await this.ended;
    const { exitCode, signalCode } = this.child;
    if (exitCode !== 0)
      throw new Error(`${this.name} ended with ${exitCode ?? signalCode}: ${this.errors.slice(-2_000)}`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

export function startWriters(options: WriterProcessOptions): FleetProcess {
  return new FleetProcess(options.name, 'writer-process.ts', 'FAULT_WRITER', options);
}

export function startReaders(options: ReaderProcessOptions): FleetProcess {
  return new FleetProcess(options.name, 'reader-process.ts', 'FAULT_READER', options);
}
