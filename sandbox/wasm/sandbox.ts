// The weakest tier, which runs anywhere: an interpreter in WebAssembly, in a process of its own that may do nothing.
// It is reduced: no processes, no packages, and one bug of the interpreter nearer to the host than the other tiers.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { attemptIn, type Vessel } from '../attempt.ts';
import { brokenResult } from '../broken.ts';
import type { Language, Limits, SandboxPort, SandboxRequest, SandboxResult } from '../port.ts';
import { checkRequest } from '../request.ts';
import type { Ending } from '../verdict.ts';
import type { Order } from './child.ts';
import { childArguments, snapshotArguments, snapshotName } from './arguments.ts';

/** The first version whose permissions hold the network as well. */
const leastNode = 25;
const ownBytes = 320 * 1_048_576;
const watchMs = 100;
const snapshotMs = 120_000;

export class WasmSandbox implements SandboxPort {
  readonly tier = 'wasm';
  private readonly folder: string;
  private readonly isOwnFolder: boolean;
  private snapshot: Promise<string> | null = null;
  private readonly open = new Set<Promise<Ending>>();

  /** The folder keeps what loading Python comes to; nobody else may write into it. By default it lasts as long as this. */
  constructor(options: { readonly folder?: string } = {}) {
    this.isOwnFolder = options.folder === undefined;
    this.folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'loopledger-wasm-'));
  }

  async findObstacle(language: Language): Promise<string | null> {
    if (Number(process.versions.node.split('.')[0]) < leastNode) return `Node is older than ${leastNode}`;
    try {
      if (language === 'python') await this.findSnapshot();
      return null;
    } catch (error) {
      return String(error);
    }
  }

  async warm(): Promise<void> {
    await this.findSnapshot();
  }

  async run(asked: SandboxRequest): Promise<SandboxResult> {
    const request = checkRequest(asked);
    request.signal?.throwIfAborted();
    const begun = performance.now();
    let vessel: Vessel;
    try {
      const snapshot = request.language === 'python' ? await this.findSnapshot() : '';
      vessel = this.start(request.language, request.limits, snapshot);
    } catch (error) {
      return brokenResult(this.tier, String(error), performance.now() - begun);
    }
    return await attemptIn(vessel, request, performance.now() - begun);
  }

  async close(): Promise<void> {
    await Promise.all(this.open);
    if (this.isOwnFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  private start(language: Language, limits: Limits, snapshot: string): Vessel {
    const child = spawn('/usr/bin/env', childArguments(language, limits, snapshot), {
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const kill = (): Promise<void> => Promise.resolve(void child.kill('SIGKILL'));
    const ended = endOf(child, limits.memoryBytes + ownBytes);
    this.open.add(ended);
    void ended.finally(() => this.open.delete(ended));
    return {
      tier: this.tier,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      ended,
      startMs: 60_000,
      command: ({ entry, argv }) => JSON.stringify({ entry, argv, ...limitsOf(limits) } satisfies Order),
      cpuMs: () => readCpuMs(child.pid),
      kill,
      discard: kill,
    };
  }

  private findSnapshot(): Promise<string> {
    this.snapshot ??= this.makeSnapshot().catch((error: unknown) => {
      this.snapshot = null;
      throw error;
    });
    return this.snapshot;
  }

  /** Loading takes seconds; what it comes to is read in a fraction of one. Put in its place whole or not at all. */
  private async makeSnapshot(): Promise<string> {
    const file = path.join(this.folder, snapshotName());
    if (existsSync(file)) return file;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}`;
    await promisify(execFile)('/usr/bin/env', snapshotArguments(this.folder, draft), {
      env: {},
      timeout: snapshotMs,
    });
    renameSync(draft, file);
    return file;
  }
}

function limitsOf({ memoryBytes, fileBytes }: Limits): { memoryBytes: number; fileBytes: number } {
  return { memoryBytes, fileBytes };
}

/** The limit of WebAssembly's own memory holds the program; this holds all else that it may make the process keep. */
async function endOf(child: ChildProcess, maxBytes: number): Promise<Ending> {
  let oom = false;
  const watch = setInterval(() => {
    if (readMemoryBytes(child.pid) <= maxBytes) return;
    oom = true;
    child.kill('SIGKILL');
  }, watchMs);
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    return { exitCode, oom, pids: false, trouble: null };
  } catch (error) {
    return { exitCode: null, oom, pids: false, trouble: String(error) };
  } finally {
    clearInterval(watch);
  }
}

/** Zero where the system does not tell. */
function readMemoryBytes(pid: number | undefined): number {
  const pages = readProcess(pid, 'statm')?.split(' ')[1];
  return pages === undefined ? 0 : Number(pages) * 4_096;
}

/** Null where the system does not tell. */
function readCpuMs(pid: number | undefined): number | null {
  const stat = readProcess(pid, 'stat');
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In hundredths of a second, whatever the kernel itself counts in.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function readProcess(pid: number | undefined, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}
