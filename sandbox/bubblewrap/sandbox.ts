// The second tier: namespaces of the kernel, made anew for each run by bubblewrap, with a filter of system calls.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { attemptIn, type Vessel } from '../attempt.ts';
import { brokenResult } from '../broken.ts';
import { shellWords } from '../launcher.ts';
import type { BuiltLimits, Language, SandboxPort, SandboxRequest, SandboxResult } from '../port.ts';
import { checkRequest } from '../request.ts';
import type { Ending } from '../verdict.ts';
import {
  bubblewrapArguments,
  dropWords,
  entranceScript,
  findNode,
  type Place,
  seccompDescriptor,
} from './arguments.ts';
import { type ControlGroup, makeControlGroup, nameGroup, removeOrphanGroups } from './cgroup.ts';
import { killOrphans, ownUntil } from './orphan.ts';
import { seccompProgram } from './seccomp.ts';

const interpreters = { python: ['python3', '-B'], javascript: ['/opt/node'] } as const;
/** A machine that is busy is no obstacle. */
const probeMs = 30_000;
const reapEveryMs = 60_000;

export class BubblewrapSandbox implements SandboxPort {
  readonly tier = 'bubblewrap';
  private readonly place: Place;
  private readonly program = seccompProgram();
  private readonly open = new Set<Promise<void>>();
  private readonly proven = new Set<Language>();
  private readonly reaping: NodeJS.Timeout;

  constructor(options: { readonly root?: string; readonly node?: string } = {}) {
    const { root = '/', node } = options;
    const candidates = node === undefined ? [process.execPath, '/usr/local/bin/node', '/usr/bin/node'] : [node];
    this.place = { root, node: findNode(candidates) };
    this.reap();
    this.reaping = setInterval(() => this.reap(), reapEveryMs).unref();
  }

  /** What killed workers left. */
  reap(): void {
    if (process.platform !== 'linux') return;
    removeOrphanGroups();
    killOrphans();
  }

  /** Found out by running something, because kernels and containers forbid it in many ways. A yes is remembered. */
  async findObstacle(language: Language): Promise<string | null> {
    if (this.proven.has(language)) return null;
    if (process.platform !== 'linux') return 'there is no such thing but on Linux';
    if (this.program === null) return `the system calls of ${process.arch} are not known`;
    if (language === 'javascript' && this.place.node === null) return 'there is no node that everybody may run';
    if (!(await isInstalled())) return 'bubblewrap is not installed';
    const entry = { python: 'probe.py', javascript: 'probe.js' }[language];
    const files = [{ path: entry, content: '' }];
    const result = await this.run({ language, files, entry, limits: { wallMs: probeMs } });
    if (result.verdict !== 'ok') return `it does not start: ${result.trouble ?? result.stderr.head.slice(0, 200)}`;
    this.proven.add(language);
    return null;
  }

  async run(asked: SandboxRequest): Promise<SandboxResult> {
    const request = checkRequest(asked);
    request.signal?.throwIfAborted();
    const begun = performance.now();
    try {
      const vessel = this.start(request.limits);
      return await attemptIn(vessel, request, performance.now() - begun);
    } catch (error) {
      request.signal?.throwIfAborted();
      return brokenResult(this.tier, String(error), performance.now() - begun);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.reaping);
    await Promise.all(this.open);
  }

  private start(limits: BuiltLimits): Vessel {
    if (this.program === null) throw new Error('there is no filter for this machine');
    const group = makeControlGroup(nameGroup(randomUUID()), limits);
    const child = startChild(['bwrap', ...bubblewrapArguments(this.place, limits, group !== null)], group);
    const filter = child.stdio[seccompDescriptor] as Writable;
    filter.on('error', () => undefined);
    filter.end(this.program);
    const ended = endOf(child, group);
    const gone = ownUntil(child.pid, ended).then(() => group?.remove());
    this.open.add(gone);
    void gone.finally(() => this.open.delete(gone));
    const kill = (): Promise<void> => Promise.resolve(killAll(child, group));
    return {
      tier: this.tier,
      stdin: child.stdin as Writable,
      stdout: child.stdout as Readable,
      stderr: child.stderr as Readable,
      ended,
      command: (request) => shellWords(interpreters, request),
      isFull: () => Promise.resolve(group?.hasMetPids ?? false),
      kill,
      discard: async () => {
        await kill();
        await gone;
      },
    };
  }
}

const searchPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

/** Root goes into the group first and is nobody then: nothing in the sandbox was ever root outside of it. */
function startChild(words: readonly string[], group: ControlGroup | null): ChildProcess {
  const isRoot = process.getuid?.() === 0;
  // The sandbox's first process is bubblewrap itself, and what stands in its environment can be read inside.
  const bare = ['env', '-i', `PATH=${searchPath}`];
  const command = ['sh', '-c', entranceScript, 'sh', ...(isRoot ? dropWords : []), ...bare, ...words];
  return spawn(command[0] as string, command.slice(1), {
    cwd: '/',
    env: { PATH: searchPath, ENTRANCES: group?.entrances.join(' ') ?? '' },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
}

/** While bubblewrap begins, what it has forked does not yet die with it, and is still of its group of processes. */
function killAll({ pid, exitCode, signalCode }: ChildProcess, group: ControlGroup | null): void {
  group?.kill();
  // What has ended may have given its number to another group.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

async function endOf(child: ChildProcess, group: ControlGroup | null): Promise<Ending> {
  const met = (): { oom: boolean; pids: boolean } => ({
    oom: group?.hasMetMemory ?? false,
    pids: group?.hasMetPids ?? false,
  });
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    return { exitCode, ...met(), trouble: null };
  } catch (error) {
    return { exitCode: null, ...met(), trouble: String(error) };
  }
}

async function isInstalled(): Promise<boolean> {
  return await promisify(execFile)('bwrap', ['--version']).then(
    () => true,
    () => false,
  );
}
