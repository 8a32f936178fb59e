// The strongest tier: containers of an engine, some of them made before anybody asks.
import { setTimeout } from 'node:timers/promises';
import Docker from 'dockerode';
import { attemptIn, type Vessel } from '../attempt.ts';
import { VesselPool } from '../pool.ts';
import type { BuiltLimits, Language, SandboxOwner, SandboxPort, SandboxRequest, SandboxResult } from '../port.ts';
import { checkRequest, defaultLimits, keyOf } from '../request.ts';
import { brokenResult } from '../broken.ts';
import { containerOptions, nameOf } from './container.ts';
import { isWorkerAlive, nameWorker, reap, removeContainer } from './reaper.ts';
import { type ContainerVessel, startVessel, textOf } from './vessel.ts';

export interface DockerOptions {
  readonly socketPath?: string;
  readonly images?: Partial<Record<Language, string>>;
  /** How many containers wait for each language; none by default. */
  readonly waiting?: Partial<Record<Language, number>>;
  /** What those that wait are made for. */
  readonly limits?: BuiltLimits;
}

const defaultImages: Record<Language, string> = {
  python: 'loopledger-sandbox-python',
  javascript: 'loopledger-sandbox-node',
};
const maxAgeMs = 600_000;
/** Longer than any run may take, once a container has waited as long as one may. */
const ownedMs = maxAgeMs + 700_000;
const tendEveryMs = 60_000;
const engineMs = 20_000;
/** For so long an engine that is away is believed to come back. */
const awayMs = 120_000;

export class DockerSandbox implements SandboxPort {
  readonly tier = 'docker';
  private readonly docker: Docker;
  private readonly worker = nameWorker();
  private readonly images: Record<Language, string>;
  private readonly limits: BuiltLimits;
  private readonly pools = new Map<Language, VesselPool<ContainerVessel>>();
  /** When an image was last there for each. */
  private readonly seen = new Map<Language, number>();
  private readonly owned = new Set<string>();
  private readonly removing = new Set<Promise<void>>();
  private readonly tending: NodeJS.Timeout;
  private runtime: Promise<string | null> | null = null;
  private made = 0;

  constructor(options: DockerOptions = {}) {
    const { socketPath = '/var/run/docker.sock' } = options;
    this.docker = new Docker({ socketPath });
    this.images = { ...defaultImages, ...options.images };
    this.limits = options.limits ?? defaultLimits;
    for (const language of ['python', 'javascript'] as const) {
      const size = options.waiting?.[language] ?? 0;
      if (size > 0) this.pools.set(language, this.openPool(language, size));
    }
    this.tending = setInterval(() => void this.tend(), tendEveryMs).unref();
  }

  /** Removes what is nobody's and fills the pools; an engine that is away is tried again a minute later. */
  async tend(): Promise<void> {
    await this.reap().catch(() => undefined);
    for (const pool of this.pools.values()) pool.refresh();
  }

  async findObstacle(language: Language): Promise<string | null> {
    try {
      await within(engineMs, this.findImage(language));
      this.seen.set(language, performance.now());
      return null;
    } catch (error) {
      return this.isAwayOnly(language, error) ? null : textOf(error);
    }
  }

  /** Fills the pools; at boot, after `reap`. */
  async warm(): Promise<void> {
    const pools = [...this.pools.values()];
    for (const pool of pools) pool.refill();
    await Promise.all(pools.map((pool) => pool.settled()));
  }

  async run(asked: SandboxRequest): Promise<SandboxResult> {
    const request = checkRequest(asked);
    request.signal?.throwIfAborted();
    const begun = performance.now();
    let vessel: Vessel;
    try {
      const taking = this.take(request.language, request.limits, request.owner);
      vessel = await within(engineMs, taking, (late) => void late.discard());
    } catch (error) {
      return brokenResult(this.tier, textOf(error), performance.now() - begun);
    }
    return await attemptIn(vessel, request, performance.now() - begun);
  }

  /** How many containers were nobody's. */
  async reap(): Promise<number> {
    return await reap(this.docker, { self: this.worker, owned: this.owned, isAlive: isWorkerAlive });
  }

  async close(): Promise<void> {
    clearInterval(this.tending);
    await Promise.all([...this.pools.values()].map((pool) => pool.close()));
    await Promise.all(this.removing);
  }

  /** An engine that was here a moment ago comes back: what it cannot run now is our trouble, and falls to no weaker tier. */
  private isAwayOnly(language: Language, error: unknown): boolean {
    const seenMs = this.seen.get(language) ?? -Infinity;
    const hasAnswered = typeof (error as { statusCode?: number }).statusCode === 'number';
    return !hasAnswered && performance.now() - seenMs < awayMs;
  }

  private async take(language: Language, limits: BuiltLimits, owner?: SandboxOwner): Promise<Vessel> {
    const pool = keyOf(limits) === keyOf(this.limits) ? this.pools.get(language) : undefined;
    if (pool === undefined) return await this.start(language, limits, owner ?? null);
    const vessel = await pool.take();
    if (owner !== undefined) await this.rename(vessel, owner);
    return vessel;
  }

  private openPool(language: Language, size: number): VesselPool<ContainerVessel> {
    return new VesselPool({ make: () => this.start(language, this.limits, null), size, maxAgeMs });
  }

  private async start(language: Language, limits: BuiltLimits, owner: SandboxOwner | null): Promise<ContainerVessel> {
    const [image, runtime] = [await this.findImage(language), await this.findRuntime()];
    // Owned before it exists, so that the reaper never meets a container of ours that nobody knows yet.
    const number = (this.made += 1);
    this.owned.add(String(number));
    const deadlineMs = Date.now() + ownedMs;
    const options = containerOptions({ image, runtime, limits, worker: this.worker, number, owner, deadlineMs });
    try {
      if (owner !== null) await removeContainer(this.docker, nameOf(owner));
      return await startVessel(this.docker, options, (container) => this.discard(container, number));
    } catch (error) {
      this.owned.delete(String(number));
      throw error;
    }
  }

  /** What a killed worker left of the same attempt makes room. */
  private async rename(vessel: ContainerVessel, owner: SandboxOwner): Promise<void> {
    const name = nameOf(owner);
    try {
      await vessel.container.rename({ name }).catch(async () => {
        await removeContainer(this.docker, name);
        await vessel.container.rename({ name });
      });
    } catch (error) {
      void vessel.discard();
      throw error;
    }
  }

  private discard(container: Docker.Container, number: number): Promise<void> {
    // What could not be removed is no longer owned, and so the reaper's.
    const one = removeContainer(this.docker, container.id).then(() => void this.owned.delete(String(number)));
    this.removing.add(one);
    void one.finally(() => this.removing.delete(one));
    return one;
  }

  private async findImage(language: Language): Promise<string> {
    const name = this.images[language];
    const image = await this.docker.getImage(name).inspect();
    return image.Id;
  }

  private findRuntime(): Promise<string | null> {
    this.runtime ??= this.docker.info().then(
      (info: { Runtimes?: Record<string, unknown> }) => (info.Runtimes?.['runsc'] === undefined ? null : 'runsc'),
      (error: unknown) => {
        this.runtime = null;
        throw error;
      },
    );
    return this.runtime;
  }
}

/** An engine that hangs answers nobody; what comes after all is put away. */
async function within<Result>(ms: number, work: Promise<Result>, onLate?: (late: Result) => void): Promise<Result> {
  const giveUp = new AbortController();
  const tooLate = setTimeout(ms, null, { signal: giveUp.signal }).then(() => {
    if (onLate !== undefined) work.then(onLate, () => undefined);
    throw new Error(`the engine did not answer in ${ms} ms`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    giveUp.abort();
    tooLate.catch(() => undefined);
  }
}
