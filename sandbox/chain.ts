// The tiers in the order of their strength: the first one that works here runs the code, and where none does, nobody does.
import type { Language, SandboxPort, SandboxRequest, SandboxResult, Tier } from './port.ts';

export interface Obstacle {
  readonly tier: Tier;
  readonly reason: string;
}

/** Nothing here may run the code. There is no weaker way than the tiers. */
export class SandboxUnavailable extends Error {
  readonly obstacles: readonly Obstacle[];

  constructor(obstacles: readonly Obstacle[]) {
    super(
      `no sandbox: ${obstacles.map(({ tier, reason }) => `${tier}: ${reason}`).join('; ') || 'no tier is allowed'}`,
    );
    this.obstacles = obstacles;
  }
}

const absence: Readonly<Record<Tier, string>> = {
  docker: 'no engine of containers listens where DOCKER_HOST says, or else where it usually does',
  bubblewrap: 'it is not set up in this process',
  wasm: 'it is not set up in this process',
};

export class SandboxChain {
  private readonly ports: readonly SandboxPort[];
  private readonly absent: readonly Obstacle[];

  /** Of what there is, only what is allowed. */
  constructor(ports: readonly SandboxPort[], allowed: readonly Tier[]) {
    this.ports = ports.filter(({ tier }) => allowed.includes(tier));
    this.absent = allowed
      .filter((tier) => ports.every((port) => port.tier !== tier))
      .map((tier) => ({ tier, reason: absence[tier] }));
  }

  /** A tier that breaks while it runs is told as `sandbox_error`: the code never falls to a weaker one in mid-flight. */
  async run(request: SandboxRequest): Promise<SandboxResult> {
    const port = await this.choose(request.language);
    return await port.run(request);
  }

  async choose(language: Language): Promise<SandboxPort> {
    const obstacles: Obstacle[] = [];
    for (const port of this.ports) {
      const reason = await port.findObstacle(language);
      if (reason === null) return port;
      obstacles.push({ tier: port.tier, reason });
    }
    throw new SandboxUnavailable([...obstacles, ...this.absent]);
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.close()));
  }
}
