// What attacks aim at: a file, an environment, a listener and a process of this machine; and whether any was reached.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Limits, SandboxPort, SandboxResult, Tier } from '../../sandbox/port.ts';
import { program } from '../support/sandbox.ts';
import { type Attack, textOf, type Words } from './attack.ts';

export const limits: Partial<Limits> = {
  wallMs: 4_000,
  cpuMs: 1_000,
  memoryBytes: 192 * 1_048_576,
  fileBytes: 8 * 1_048_576,
  pids: 48,
  outputBytes: 1_048_576,
};

const slowOf = ({ isSlow }: Attack): Partial<Limits> => (isSlow === true ? { wallMs: 60_000, cpuMs: 10_000 } : {});
/** Something else has to end it, however little of a processor it gets. */
function otherwiseEnded(want: readonly string[]): Partial<Limits> {
  return {
    ...(want.includes('timeout_wall') ? {} : { wallMs: 60_000 }),
    ...(want.includes('timeout_cpu') ? {} : { cpuMs: 20_000 }),
  };
}

/** How long a run may go on after the limit that ends it. */
export const graceMs = 10_000;

export interface Row {
  readonly attack: string;
  readonly language: Attack['language'];
  readonly tier: Tier;
  readonly verdict: SandboxResult['verdict'];
  readonly tookMs: number;
  /** What was reached, or how the run did not end as it must; empty when it was blocked. */
  readonly faults: readonly string[];
  readonly result: SandboxResult;
}

export class Stage {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'escape-'));
  private readonly server: Server;
  private readonly bystander: ChildProcess;

  private constructor(server: Server) {
    this.server = server;
    chmodSync(this.folder, 0o777);
    writeFileSync(this.canary, 'canary', { mode: 0o644 });
    process.env['ESCAPE_CANARY'] = 'canary';
    this.bystander = spawn('sleep', ['600'], { stdio: 'ignore' });
  }

  static async open(): Promise<Stage> {
    const server = createServer((socket) => socket.on('error', () => undefined).end('canary'));
    server.listen(0, '::');
    await once(server, 'listening');
    return new Stage(server);
  }

  /** The attack where nothing holds it; only those that do no harm. */
  async runFree(attack: Attack): Promise<string> {
    const { files } = program(attack.language, textOf(attack, this.words(randomUUID()), true));
    const file = path.join(this.folder, files[0]?.path ?? '');
    writeFileSync(file, files[0]?.content ?? '');
    const command = attack.language === 'python' ? '/usr/bin/python3' : process.execPath;
    return await new Promise((resolve) => {
      execFile(command, [file], { timeout: 60_000 }, (_error, stdout) => resolve(stdout));
    });
  }

  async run(port: SandboxPort, attack: Attack): Promise<Row> {
    const words = this.words(randomUUID());
    const { language } = attack;
    const want = typeof attack.want === 'function' ? attack.want(port.tier) : attack.want;
    const held = { ...limits, ...otherwiseEnded(want), ...slowOf(attack) };
    const result = await port.run({
      language,
      ...program(language, textOf(attack, words, false)),
      argv: [words.marker],
      limits: held,
    });
    const { runMs } = result.timings;
    const faults = [
      ...(want.includes(result.verdict) ? [] : [`ended ${result.verdict}: ${result.stderr.head.slice(-200)}`]),
      ...(`${result.stdout.head}${result.stdout.tail}`.match(/^ESCAPED.*$/gm) ?? []),
      ...(runMs > (held.wallMs ?? 0) + graceMs ? [`took ${Math.round(runMs)} ms`] : []),
      ...result.artifacts.filter(({ name }) => name !== 'deep/fine.txt').map(({ name }) => `got out: ${name}`),
      ...(await this.faultsOfHost(words)),
    ];
    return { attack: attack.name, language, tier: port.tier, verdict: result.verdict, tookMs: runMs, faults, result };
  }

  async close(): Promise<void> {
    this.bystander.kill('SIGKILL');
    this.server.close();
    await once(this.server, 'close');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get canary(): string {
    return path.join(this.folder, 'canary');
  }

  private words(marker: string): Words {
    return {
      canary: this.canary,
      outside: path.join(this.folder, 'outside'),
      port: (this.server.address() as AddressInfo).port,
      bystander: this.bystander.pid ?? 0,
      marker,
    };
  }

  private async faultsOfHost(words: Words): Promise<string[]> {
    const isSignalled = this.bystander.exitCode !== null || this.bystander.signalCode !== null;
    return [
      ...(existsSync(words.outside) ? ['wrote on the host'] : []),
      ...(isSignalled ? ['a process of the host was ended'] : []),
      ...((await hasLeft(words.marker)) ? ['left a process behind'] : []),
    ];
  }
}

/** Whether a process with the marker among its words is there and stays. */
async function hasLeft(marker: string): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (!readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && wordsOf(pid).includes(marker))) return false;
    await setTimeout(50);
  }
  return true;
}

function wordsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
