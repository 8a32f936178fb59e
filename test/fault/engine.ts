// An engine of containers of our own that can be killed and started again, with the images of the one that is here.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { engine as usualEngine, skipReason } from '../support/sandbox.ts';
import type { Teardown } from '../support/database.ts';

const program = '/usr/sbin/dockerd';
const unmount = '/usr/bin/umount';
const startMs = 90_000;

/** Why no engine can be started here; false when one can. */
export async function skipWithoutEngine(): Promise<string | false> {
  if (process.getuid?.() !== 0 || !existsSync(program)) return 'an engine of containers is started by root alone';
  return await skipReason('docker', 'python');
}

export class MortalEngine {
  readonly socketPath: string;
  readonly docker: Docker;
  private readonly folder: string;
  private child: ChildProcess | null = null;

  private constructor() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-engine-'));
    this.socketPath = path.join(this.folder, 'socket');
    this.docker = new Docker({ socketPath: this.socketPath });
  }

  static async open(t: Teardown, images: readonly string[]): Promise<MortalEngine> {
    const engine = new MortalEngine();
    t.teardown(() => engine.close());
    await engine.start();
    const usual = new Docker(usualEngine());
    for (const name of images) {
      const loading = await engine.docker.loadImage(await usual.getImage(name).get());
      loading.resume();
      await once(loading, 'end');
    }
    return engine;
  }

  async start(): Promise<void> {
    const place = (name: string): string => path.join(this.folder, name);
    const storage = ['--data-root', place('data'), '--exec-root', place('exec'), '--pidfile', place('pid')];
    const network = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];
    // After a kill the file still names a process, which another one may be by now.
    for (const name of ['pid', 'exec/containerd/containerd.pid']) rmSync(place(name), { force: true });
    this.child = spawn(program, [...storage, '--host', `unix://${this.socketPath}`, ...network], { stdio: 'ignore' });
    for (const endMs = performance.now() + startMs; ; await sleep(50)) {
      if (
        await this.docker.ping().then(
          () => true,
          () => false,
        )
      )
        return;
      if (performance.now() > endMs) throw new Error('the engine did not start');
    }
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === null) return;
    this.child = null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async countContainers(): Promise<number> {
    const label = ['loopledger.kind=sandbox'];
    return (await this.docker.listContainers({ all: true, filters: { label } })).length;
  }

  /** What a killed engine left running is taken over by the next one, which ends it in good order. */
  private async close(): Promise<void> {
    if (this.child === null) await this.start();
    await this.end('SIGTERM');
    // An engine that was killed leaves mounts behind.
    const places = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const place of places.filter((one) => one.startsWith(this.folder)).reverse()) {
      spawnSync(unmount, ['-l', place], { stdio: 'ignore' });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
