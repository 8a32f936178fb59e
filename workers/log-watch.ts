// Finds tenants whose logs have moved: told at once by commits of this process, prompted by notices of others, and by
// looking once a second, so that nothing depends on being told.
import type { Database } from '../sql/database.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import type { Follower } from '../sql/wake-up.ts';
import type { WorkerLog } from './log.ts';

export interface LogFollower {
  /** May be told the same more than once. */
  moved(heads: ReadonlyMap<string, number>): void;
}

const lookEveryMs = 1_000;
/** Longer than any commit may take, because a time is set before the commit that carries it is seen. */
const recentSeconds = 60;
/** Everything is looked at again now and then, whatever was missed and why. */
const looksPerFullLook = 300;
const pauseMs = 20;

export class LogWatch implements Follower {
  private readonly database: Database;
  private readonly followers: readonly LogFollower[];
  private readonly log: WorkerLog;
  private timer: NodeJS.Timeout | null = null;
  private prompt: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private looks = 0;
  private stopped = false;

  constructor(database: Database, followers: readonly LogFollower[], log: WorkerLog) {
    this.database = database;
    this.followers = followers;
    this.log = log;
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), lookEveryMs);
    void this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    if (this.prompt !== null) clearTimeout(this.prompt);
    await this.looking;
  }

  moved(tenantId: string, head: number): void {
    this.tell(new Map([[tenantId, head]]));
  }

  /** Under load there are a hundred notices a second, and one look serves several of them. */
  stirred(): void {
    if (this.prompt !== null || this.stopped) return;
    this.prompt = setTimeout(() => {
      this.prompt = null;
      void this.look();
    }, pauseMs);
  }

  private look(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.looking ??= this.find().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async find(): Promise<void> {
    const full = this.looks % looksPerFullLook === 0;
    try {
      const found = await readMovedPositions(this.database, full ? null : recentSeconds);
      this.looks += 1;
      this.tell(new Map(found.map(({ tenant_id, head }) => [tenant_id, head])));
    } catch (error) {
      this.log.warn({ err: error }, 'the positions of the logs could not be read');
    }
  }

  private tell(heads: ReadonlyMap<string, number>): void {
    if (this.stopped || heads.size === 0) return;
    for (const follower of this.followers) follower.moved(heads);
  }
}
