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

export class SandboxChain {
  private readonly ports: readonly SandboxPort[];

  constructor(ports: readonly SandboxPort[]) {
    this.ports = ports;
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
    throw new SandboxUnavailable(obstacles);
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.close()));
  }
}
