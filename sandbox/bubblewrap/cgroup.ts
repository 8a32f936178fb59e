// Limits on all processes of one sandbox together, where this process may make control groups: as root, on Linux.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isAlive } from '../../kernel/process-mark.ts';
import type { BuiltLimits } from '../port.ts';

const controllers = ['memory', 'pids', 'cpu'] as const;
const periodUs = 100_000;
const mount = '/sys/fs/cgroup';

/** One group in the unified hierarchy, or one in each controller's own. */
export class ControlGroup {
  private readonly folders: readonly string[];
  private readonly unified: boolean;

  constructor(folders: readonly string[], unified: boolean) {
    this.folders = folders;
    this.unified = unified;
  }

  /** A process that writes its id into each of these is in the group. */
  get entrances(): string[] {
    return this.folders.map((folder) => path.join(folder, 'cgroup.procs'));
  }

  get hasMetMemory(): boolean {
    return this.count(this.unified ? 'memory.events' : 'memory.oom_control', 'oom_kill') > 0;
  }

  get hasMetPids(): boolean {
    return this.count('pids.events', 'max') > 0;
  }

  /** Whatever is in it, also what was forked and forgotten. */
  kill(): void {
    this.folders.forEach(killMembers);
  }

  /** The kernel takes a moment to forget what ended. */
  async remove(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if (this.folders.filter((folder) => !isRemoved(folder)).length === 0) return;
      await setTimeout(20);
    }
  }

  private count(file: string, word: string): number {
    for (const folder of this.folders) {
      const name = path.join(folder, file);
      const line = existsSync(name) ? new RegExp(`^${word} (\\d+)$`, 'm').exec(readFileSync(name, 'utf8')) : null;
      if (line !== null) return Number(line[1]);
    }
    return 0;
  }
}

/** Null where this process may not; then each process has limits of its own, and no more. */
export function makeControlGroup(name: string, limits: BuiltLimits): ControlGroup | null {
  const unified = existsSync(path.join(mount, 'cgroup.controllers'));
  const folders: string[] = [];
  try {
    for (const parent of unified ? [unifiedParent()] : controllers.map(separateParent)) {
      const folder = path.join(parent, name);
      mkdirSync(folder);
      folders.push(folder);
    }
    const group = new ControlGroup(folders, unified);
    for (const [file, value] of settingsOf(limits, unified)) write(folders, file, value);
    return group;
  } catch {
    folders.forEach(isRemoved);
    return null;
  }
}

export function nameGroup(id: string): string {
  return `loopledger-${process.pid}-${id}`;
}

/** Removes the groups of processes that are gone, with what is left in them: a sandbox that had only begun may be. */
export function removeOrphanGroups(): void {
  const unified = existsSync(path.join(mount, 'cgroup.controllers'));
  const parents = unified ? [path.join(mount, 'loopledger')] : controllers.map(separateParent);
  for (const parent of parents.filter((one) => existsSync(one))) {
    for (const name of readdirSync(parent)) {
      const owner = /^loopledger-(\d+)-/.exec(name)?.[1];
      if (owner === undefined || isAlive(Number(owner))) continue;
      killMembers(path.join(parent, name));
      isRemoved(path.join(parent, name));
    }
  }
}

/** In the order in which they may be written: the memory with swap cannot be less than that without. */
function settingsOf(limits: BuiltLimits, unified: boolean): [file: string, value: string][] {
  const { memoryBytes, pids, cpus } = limits;
  const quota = Math.round(cpus * periodUs);
  // The sandbox's own launcher and its watcher are in the group as well.
  const processes = String(pids + 4);
  return unified
    ? [
        ['memory.max', String(memoryBytes)],
        ['memory.swap.max', '0'],
        ['memory.oom.group', '0'],
        ['pids.max', processes],
        ['cpu.max', `${quota} ${periodUs}`],
      ]
    : [
        ['memory.limit_in_bytes', String(memoryBytes)],
        ['memory.memsw.limit_in_bytes', String(memoryBytes)],
        ['pids.max', processes],
        ['cpu.cfs_period_us', String(periodUs)],
        ['cpu.cfs_quota_us', String(quota)],
      ];
}

function write(folders: readonly string[], file: string, value: string): void {
  const folder = folders.find((one) => existsSync(path.join(one, file)));
  if (folder !== undefined) writeFileSync(path.join(folder, file), value);
  // Where swap is not accounted for there is no such file; every other limit must be there.
  else if (!file.includes('sw')) throw new Error(`there is no ${file}`);
}

function unifiedParent(): string {
  const parent = path.join(mount, 'loopledger');
  mkdirSync(parent, { recursive: true });
  writeFileSync(path.join(parent, 'cgroup.subtree_control'), controllers.map((name) => `+${name}`).join(' '));
  return parent;
}

/** Below the group of this process, so that what holds for it holds for its sandboxes. */
function separateParent(controller: string): string {
  const own = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'm').exec(
    readFileSync('/proc/self/cgroup', 'utf8'),
  );
  const parent = path.join(mount, controller, own?.[1] ?? '');
  return existsSync(parent) ? parent : path.join(mount, controller);
}

function killMembers(folder: string): void {
  try {
    for (const pid of readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n')) {
      if (pid !== '') process.kill(Number(pid), 'SIGKILL');
    }
  } catch {
    // It is removed, or what was in it has ended.
  }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
