// The program git, as little of it as reads a commit of strangers: no settings, no hooks, no working tree, no end of time.
import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAddress, isPublicAddress } from '../../kernel/address.ts';

/** What was handed in cannot be run. The reason is for the verifier to read. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}

export interface GitLimits {
  /** Of all that comes from the remote. */
  readonly packBytes: number;
  readonly fetchMs: number;
}

export const defaultGitLimits: GitLimits = { packBytes: 128 << 20, fetchMs: 60_000 };

export interface FetchOptions {
  readonly remote: string;
  /** By the names under which they are looked for afterwards. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly depth: number;
  /** For development: `file:` as well. */
  readonly allowLocal: boolean;
  readonly limits: GitLimits;
  readonly signal?: AbortSignal;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

interface Ran {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** There was more than was allowed. */
  readonly isCut: boolean;
}

interface Running {
  readonly input?: string;
  readonly maxBytes?: number;
  readonly ms?: number;
  readonly maxFileBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

const prefix = 'loopledger-verify-';
const orphanMs = 3_600_000;
const maxErrorBytes = 4_096;
const readMs = 30_000;
/** In blocks of 512 bytes, which is what a POSIX shell counts in. */
const limitScript = 'ulimit -f "$0" && exec git "$@"';

export class Repository {
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** In a folder of its own that holds nothing else; whoever opened it closes it. */
  static async fetch(options: FetchOptions): Promise<Repository> {
    await sweep();
    const repository = new Repository(await mkdtemp(path.join(tmpdir(), prefix)));
    try {
      await repository.fill(options);
      return repository;
    } catch (error) {
      await repository.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The commit of a name that was fetched, or `name^` of its first parent; null when there is none. */
  async hashOf(name: string): Promise<string | null> {
    const { code, stdout } = await this.run(['rev-parse', '--verify', '--quiet', `refs/verify/${name}^{commit}`]);
    return code === 0 ? stdout.toString().trim() : null;
  }

  async read(words: readonly string[], running: Running): Promise<Ran> {
    return await this.run(words, running);
  }

  private async fill(options: FetchOptions): Promise<void> {
    const { remote, wanted, depth, limits, signal } = options;
    const way = await wayTo(options);
    const made = await this.run(['init', '--quiet', '--bare', '--template=', '.']);
    if (made.code !== 0) throw new Error(`git init: ${made.stderr}`);
    const specs = Object.entries(wanted).map(([name, ref]) => `${sourceOf(ref)}:refs/verify/${name}`);
    const words = [
      ...way,
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-write-fetch-head',
      `--depth=${depth}`,
      remote,
      ...specs,
    ];
    const { code, stderr } = await this.run(words, { ms: limits.fetchMs, maxFileBytes: limits.packBytes, signal });
    if (code === 0) return;
    signal?.throwIfAborted();
    const limit = `${limits.packBytes >> 20} MiB and ${limits.fetchMs / 1_000} s at most`;
    throw new Unusable(`It could not be fetched (${limit}): ${complaintOf(stderr)}`);
  }

  private async run(words: readonly string[], running: Running = {}): Promise<Ran> {
    const { input = '', maxBytes = 65_536, ms = readMs, maxFileBytes = 1 << 20, signal } = running;
    const blocks = String(Math.ceil(maxFileBytes / 512));
    const child = spawn('/bin/sh', ['-c', limitScript, blocks, ...settings, ...words], {
      cwd: this.folder,
      env: environmentOf(this.folder),
      // A group of its own: with git end the helpers that it started.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const kill = (): void => {
      // What has ended may have given its number to another group.
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(kill, ms);
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted === true) kill();
    const chunks: Buffer[] = [];
    let [bytes, isCut, stderr] = [0, false, ''];
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else {
        isCut = true;
        kill();
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = `${stderr}${chunk.toString('latin1')}`.slice(-maxErrorBytes);
    });
    child.stdin.on('error', () => undefined).end(input);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    });
    return { code, stdout: Buffer.concat(chunks), stderr, isCut };
  }
}

/** Its first word on what is wrong; after that come consequences, and advice to whoever sits at a terminal. */
function complaintOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const said = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines.at(-1) ?? '';
  return said === '' ? 'git was stopped.' : said.slice(0, 200);
}

/** What workers that were killed have left behind; no verification takes so long. */
async function sweep(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => one.startsWith(prefix))) {
    const folder = path.join(tmpdir(), name);
    const about = await stat(folder).catch(() => null);
    if (about !== null && about.mtimeMs < Date.now() - orphanMs) await rm(folder, { recursive: true, force: true });
  }
}

const settings = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.symlinks=false',
  '-c',
  'credential.helper=',
  '-c',
  'fetch.fsckObjects=true',
  '-c',
  'fetch.unpackLimit=1',
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
  '-c',
  'protocol.version=2',
  '-c',
  'protocol.allow=never',
  '-c',
  'http.followRedirects=false',
  '-c',
  'http.lowSpeedLimit=1000',
  '-c',
  'http.lowSpeedTime=10',
  '-c',
  'http.proxy=',
];

function environmentOf(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    LC_ALL: 'C',
    GIT_DIR: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'false',
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}

/** By https to an address that was judged and is the one that is dialled; or by file, where that is allowed. */
async function wayTo({ remote, allowLocal, resolve = resolveName }: FetchOptions): Promise<string[]> {
  const url = URL.parse(remote);
  if (url?.protocol === 'file:' && url.host === '' && allowLocal) return ['-c', 'protocol.file.allow=always'];
  if (url?.protocol !== 'https:') throw new Unusable('Commits are fetched by https alone.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isAddress(host) ? [host] : await resolve(host).catch(() => []);
  const [first] = addresses;
  if (first === undefined) throw new Unusable('The host of the remote has no address.');
  // One that is not public spoils them all: who answers so wants us to try until it is that one's turn.
  if (!addresses.every(isPublicAddress)) throw new Unusable('The address of the remote is not public.');
  const pin = `${url.hostname}:${url.port === '' ? 443 : url.port}:${first.includes(':') ? `[${first}]` : first}`;
  return ['-c', 'protocol.https.allow=always', '-c', `http.curloptResolve=${pin}`];
}

async function resolveName(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);
}

function sourceOf(ref: string): string {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref) ? ref : `refs/heads/${ref}`;
}
