// Removes the containers that no live worker owns, whatever state they are in.
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type Docker from 'dockerode';
import { isRunning, markOf } from '../../kernel/process-mark.ts';
import { labels, sandboxKind } from './container.ts';

/** Host, process and its birth: after a crash another process may have the number. */
export function nameWorker(): string {
  return workerText(hostname(), process.pid, markOf(process.pid).birth);
}

/** For so long an engine that answers may take, and one that is away is waited for. */
const patience = { answeredMs: 30_000, awayMs: 5_000 } as const;

function workerText(host: string, pid: number, birth: string): string {
  return [host, pid, birth.replaceAll(' ', '_')].join('|');
}

export interface Judging {
  readonly self: string;
  /** The numbers of what this worker has in hand. */
  readonly owned: ReadonlySet<string>;
  readonly nowMs: number;
  readonly isAlive: (worker: string) => boolean;
}

export function isOrphan(marks: Readonly<Record<string, string>>, { self, owned, nowMs, isAlive }: Judging): boolean {
  const worker = marks[labels.worker] ?? '';
  if (worker === self) return !owned.has(marks[labels.number] ?? '');
  const deadlineMs = Date.parse(marks[labels.deadline] ?? '');
  // What says nothing of its deadline is nobody's.
  return !(nowMs < deadlineMs) || !isAlive(worker);
}

/** A worker of another host is believed in until its deadline; of this host one can tell. */
export function isWorkerAlive(worker: string): boolean {
  const [host, pid = '', birth = ''] = worker.split('|');
  if (host !== hostname()) return true;
  const mark = markOf(Number(pid));
  return isRunning(mark) && mark.birth.replaceAll(' ', '_') === birth;
}

export async function reap(docker: Docker, judging: Omit<Judging, 'nowMs'>): Promise<number> {
  const found = await docker.listContainers({ all: true, filters: { label: [`${labels.kind}=${sandboxKind}`] } });
  const orphans = found.filter(({ Labels }) => isOrphan(Labels, { ...judging, nowMs: Date.now() }));
  await Promise.all(orphans.map(({ Id }) => removeContainer(docker, Id)));
  return orphans.length;
}

/** One that somebody else is removing already is waited for. False when it is still there after a while. */
export async function removeContainer(docker: Docker, id: string): Promise<boolean> {
  const container = docker.getContainer(id);
  const begunMs = performance.now();
  for (;;) {
    try {
      await container.remove({ force: true, v: true });
      return true;
    } catch (error) {
      const { statusCode } = error as { statusCode?: number };
      if (statusCode === 404) return true;
      const mostMs = statusCode === undefined ? patience.awayMs : patience.answeredMs;
      if (performance.now() - begunMs > mostMs) return false;
      await setTimeout(100);
    }
  }
}
