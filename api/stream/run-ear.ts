// Hears what runs say that other processes work on, while somebody here watches them. It looks instead of waiting for
// notices: those carry nothing, do not pass a pooler, and would have to be followed by a look all the same.
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../sql/database.ts';
import { hearRuns, type WatchedRun, watchRuns } from '../../sql/run-delta.ts';
import type { Topics } from './topics.ts';

/** While something is said, and while nothing is. */
const busyMs = 40;
const calmMs = 150;
const calmAfterMs = 2_000;
const sayAgainMs = 3_000;
const believedS = 8;
const troubleMs = 1_000;
/** More than that are watched here without what others say of them; tenants get as many places as they need, in turns. */
const mostRuns = 500;
const runTopic = /^run:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export interface RunEarSources {
  readonly database: Database;
  readonly topics: Topics;
  /** Names this process. */
  readonly watcher: string;
}

export class RunEar {
  private readonly sources: RunEarSources;
  private readonly stopping = new AbortController();
  private listening: Promise<void> = Promise.resolve();
  private said = new Set<string>();
  private saidMs = -Infinity;
  private heardMs = -Infinity;

  constructor(sources: RunEarSources) {
    this.sources = sources;
  }

  start(): void {
    this.listening = this.listen();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  private async listen(): Promise<void> {
    const { topics } = this.sources;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const runs = this.watchedRuns();
      if (runs.length === 0) await topics.joined(signal);
      else await this.look(runs);
    }
  }

  private async look(runs: readonly WatchedRun[]): Promise<void> {
    const { database, topics, watcher } = this.sources;
    try {
      await this.say(runs);
      for (const { tenantId, runId, told } of await hearRuns(database, watcher, runs)) {
        this.heardMs = performance.now();
        for (const delta of told) topics.publish(tenantId, `run:${runId}`, delta);
      }
      await this.rest(performance.now() - this.heardMs < calmAfterMs ? busyMs : calmMs);
    } catch {
      // Live output is lost while the database is away; events are not.
      await this.rest(troubleMs);
    }
  }

  private async say(runs: readonly WatchedRun[]): Promise<void> {
    const { database, watcher } = this.sources;
    const isNew = runs.some(({ runId }) => !this.said.has(runId));
    if (!isNew && performance.now() - this.saidMs < sayAgainMs) return;
    await watchRuns(database, watcher, runs, believedS);
    this.said = new Set(runs.map(({ runId }) => runId));
    this.saidMs = performance.now();
  }

  private watchedRuns(): WatchedRun[] {
    const runs: WatchedRun[] = [];
    for (const { tenantId, topic } of this.sources.topics.listened()) {
      const runId = runTopic.exec(topic)?.[1];
      if (runId !== undefined) runs.push({ tenantId, runId });
    }
    return runs.length <= mostRuns ? runs : inTurns(runs).slice(0, mostRuns);
  }

  private async rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}

/** The first of each tenant, then the second of each: whoever watches much keeps nobody else from watching. */
function inTurns(runs: readonly WatchedRun[]): WatchedRun[] {
  const ofTenants = [...Map.groupBy(runs, ({ tenantId }) => tenantId).values()];
  const longest = Math.max(...ofTenants.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => ofTenants.flatMap((ones) => ones[turn] ?? [])).flat();
}
