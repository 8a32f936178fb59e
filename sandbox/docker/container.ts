// What a container may do, which is next to nothing, and what it is called.
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { launcherText } from '../launcher.ts';
import type { BuiltLimits, SandboxOwner } from '../port.ts';

export const labels = {
  kind: 'loopledger.kind',
  worker: 'loopledger.worker',
  number: 'loopledger.number',
  deadline: 'loopledger.deadline',
  run: 'loopledger.run',
  tenant: 'loopledger.tenant',
  attempt: 'loopledger.attempt',
} as const;
export const sandboxKind = 'sandbox';

export interface ContainerPlan {
  /** The hash of the image itself, never a name that may come to mean another one. */
  readonly image: string;
  readonly limits: BuiltLimits;
  readonly worker: string;
  /** Which of the worker's containers it is. */
  readonly number: number;
  readonly owner: SandboxOwner | null;
  /** After this nobody can own it any more. */
  readonly deadlineMs: number;
  readonly runtime: string | null;
}

/** Nobody. */
const user = 65_534;

export function containerOptions(plan: ContainerPlan): Docker.ContainerCreateOptions {
  const { image, limits, worker, number, owner, deadlineMs, runtime } = plan;
  return {
    name: owner === null ? idleName(worker, number) : nameOf(owner),
    Image: image,
    Entrypoint: ['/bin/sh', '-c', launcherText],
    Cmd: [],
    Env: [],
    User: `${user}:${user}`,
    WorkingDir: '/work',
    OpenStdin: true,
    // With the connection of whoever made it the input ends, and an idle launcher with it.
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    NetworkDisabled: true,
    Labels: {
      [labels.kind]: sandboxKind,
      [labels.worker]: worker,
      [labels.number]: String(number),
      [labels.deadline]: new Date(deadlineMs).toISOString(),
      ...(owner === null ? {} : ownerLabels(owner)),
    },
    HostConfig: { ...hostConfig(limits), ...(runtime === null ? {} : { Runtime: runtime }) },
  };
}

/** The types of the client lack the namespace of control groups. */
function hostConfig(limits: BuiltLimits): Docker.HostConfig & { readonly CgroupnsMode: string } {
  const { memoryBytes, pids, cpus, cpuMs, fileBytes, openFiles } = limits;
  const cpuSeconds = Math.ceil(cpuMs / 1_000);
  const folder = `rw,exec,nosuid,nodev,size=${fileBytes},mode=0700,uid=${user},gid=${user}`;
  return {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    // The engine's own system call filter stays on, because nothing here switches it off.
    SecurityOpt: ['no-new-privileges:true'],
    Privileged: false,
    ReadonlyRootfs: true,
    Tmpfs: { '/work': folder, '/tmp': folder },
    Binds: [],
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    NanoCpus: Math.round(cpus * 1e9),
    PidsLimit: pids,
    Ulimits: [
      { Name: 'nofile', Soft: openFiles, Hard: openFiles },
      { Name: 'fsize', Soft: fileBytes, Hard: fileBytes },
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'cpu', Soft: cpuSeconds, Hard: cpuSeconds + 1 },
    ],
    Init: true,
    IpcMode: 'private',
    ShmSize: 1_048_576,
    CgroupnsMode: 'private',
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    OomKillDisable: false,
  };
}

/** One name for one attempt: a second container for it cannot come to be while the first is there. */
export function nameOf({ runId, attempt }: SandboxOwner): string {
  return `loopledger-run-${runId}-${attempt}`;
}

function idleName(worker: string, number: number): string {
  return `loopledger-idle-${createHash('sha256').update(worker).digest('hex').slice(0, 12)}-${number}`;
}

function ownerLabels({ tenantId, runId, attempt }: SandboxOwner): Record<string, string> {
  return { [labels.tenant]: tenantId, [labels.run]: runId, [labels.attempt]: String(attempt) };
}
