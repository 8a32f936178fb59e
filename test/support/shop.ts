// Custody over HTTP: people who were sent, what they do with a story, and what was written meanwhile.
import type { Test } from 'tap';
import { criteriaHash } from '../../commands/story-claim.ts';
import { hire, mintRoot } from './dispatch.ts';
import type { Body, Heard, TestServer } from './server.ts';
import { planWork, type Planned } from './work-client.ts';

export interface Hand {
  readonly key: string;
  readonly dispatchId: string;
  readonly agentId: string;
}

type Role = 'agent' | 'orchestrator';

interface Told {
  readonly body?: object;
  readonly capability?: string;
}

export interface Outcome {
  readonly story_id: string;
  readonly status: number;
  readonly reply: Body | null;
  readonly problem: Body | null;
}

interface Outcomes {
  readonly outcomes: readonly Outcome[];
}

export class Shop {
  readonly server: TestServer;
  readonly plan: Planned;

  constructor(server: TestServer, plan: Planned) {
    this.server = server;
    this.plan = plan;
  }

  /** From a root of its own; of a new agent unless one is named. */
  async send(role: Role, agentId?: string): Promise<Hand> {
    const wish = { tenantId: this.plan.tenantId, role, ...(agentId === undefined ? {} : { agentId }) };
    const root = await mintRoot(this.server.ledger, wish);
    return { key: root.secret, dispatchId: root.dispatchId, agentId: root.agentId };
  }

  async sendFrom(parent: Hand, role: Role): Promise<Hand> {
    const agentId = await hire(this.server.ledger, this.plan.tenantId);
    const body = { parent: parent.dispatchId, role, agent_id: agentId, expires_in: 3_600 };
    const { body: made } = await this.server.say('POST', '/api/v1/dispatches', { key: parent.key, body });
    return { key: made['secret'] as string, dispatchId: made.id, agentId };
  }

  /** One act on a story, with a capability when it is given. */
  act(
    by: Pick<Hand, 'key'>,
    story: Pick<Body, 'id'>,
    act: string,
    { body = {}, capability }: Told = {},
  ): Promise<Heard> {
    const headers: Record<string, string> = capability === undefined ? {} : { 'loopledger-capability': capability };
    return this.server.say('POST', `/api/v1/stories/${story.id}/${act}`, { key: by.key, body, headers });
  }

  /** One act on many stories; a request that is refused whole has no outcomes. */
  async bulk(by: Pick<Hand, 'key'>, act: string, items: readonly object[]): Promise<Heard & Outcomes> {
    const heard = await this.server.say('POST', `/api/v1/stories/bulk-${act}`, { key: by.key, body: { items } });
    return { ...heard, outcomes: heard.status === 200 ? (heard.body.data as unknown as Outcome[]) : [] };
  }

  async collect(by: Hand, story: Body, act: string): Promise<string> {
    return tokenOf(await this.act(by, story, 'capabilities', { body: { act } }));
  }

  async contract(by: Hand, { id }: Body): Promise<void> {
    const { body: story } = await this.plan.say('GET', `/stories/${id}`);
    await ok(this.act(by, story, 'contract', { body: echoOf(story) }));
  }

  async takeOn(by: Hand, story: Body): Promise<void> {
    await this.contract(by, story);
    const capability = tokenOf(await ok(this.act(by, story, 'claim')));
    await ok(this.act(by, story, 'start', { capability }));
  }

  async handIn(by: Hand, story: Body, commit = '1f0e2d3'): Promise<void> {
    await ok(this.act(by, story, 'request-review', { body: { commit, signals: asUsual } }));
  }

  async report(by: Hand, story: Body): Promise<void> {
    await ok(this.act(by, story, 'report', { capability: await this.collect(by, story, 'report') }));
  }

  async review(by: Hand, story: Body): Promise<Heard> {
    const body = { findings: 1, fixes: 1, disproved: 0 };
    return ok(this.act(by, story, 'review-complete', { body, capability: await this.collect(by, story, 'review') }));
  }

  async verify(by: Hand, story: Body): Promise<Heard> {
    return ok(this.act(by, story, 'verify', { body: passing, capability: await this.collect(by, story, 'verify') }));
  }

  /** Head of the tenant's log. */
  async position(): Promise<number> {
    return Number((await this.plan.say('GET', '/tenant')).headers.get('loopledger-position'));
  }

  /** Each attempt is refused with its code, and not one of them writes anything. */
  async refuse(t: Test, attempts: readonly Attempt[]): Promise<void> {
    const before = await this.position();
    for (const [what, code, attempt] of attempts) t.equal((await attempt()).body?.code, code, what);
    t.equal(await this.position(), before, 'nothing was written');
  }
}

const actsInBulk: ReadonlySet<string> = new Set(['claim', 'verify', 'reject']);

/** Where there is a form for many stories it is used, and each item is sent twice: the second one may do nothing. */
class BulkShop extends Shop {
  override async act(
    by: Pick<Hand, 'key'>,
    story: Pick<Body, 'id'>,
    act: string,
    { body = {}, capability }: Told = {},
  ): Promise<Heard> {
    if (!actsInBulk.has(act))
      return super.act(by, story, act, { body, ...(capability === undefined ? {} : { capability }) });
    const item = { story_id: story.id, ...body, ...(capability === undefined ? {} : { capability }) };
    const heard = await this.bulk(by, act, [item, item]);
    const [first, second] = heard.outcomes;
    if (first === undefined) return heard;
    if (second?.problem === null) throw new Error(`an item was done twice: ${heard.text}`);
    const shown = (first.reply ?? first.problem) as Body;
    return { ...heard, status: first.status, body: shown, text: JSON.stringify(shown) };
  }
}

export type Attempt = readonly [what: string, code: string, attempt: () => Promise<Heard>];

/** What nobody looks at twice. */
export const asUsual = { tool_calls: 60, tokens: 40_000, tests_run: 12, seconds: 1_800 };
export const passing = { result: 'pass', evidence: 'All tests passed' };
export const noFindings = { findings: 0, fixes: 0, disproved: 0 };

export async function openShop(server: TestServer, slug = 'orbit'): Promise<Shop> {
  return new Shop(server, await planWork(server, slug));
}

/** One by one, and as items of requests with many. */
export const ways = Object.entries({
  singly: openShop,
  'in bulk': async (server: TestServer, slug?: string): Promise<Shop> =>
    new BulkShop(server, await planWork(server, slug)),
});

export interface Crew {
  readonly planner: Hand;
  readonly worker: Hand;
  /** From the worker. */
  readonly helper: Hand;
  /** From the planner, like the worker. */
  readonly sibling: Hand;
  readonly chief: Hand;
  /** From the chief; the only agent who is unrelated to the worker. */
  readonly reviewer: Hand;
  /** The only orchestrator who is unrelated to worker and reviewer. */
  readonly auditor: Hand;
}

/** Such that the draws have no choice. */
export async function sendCrew(shop: Shop): Promise<Crew> {
  const [planner, chief, auditor] = [
    await shop.send('orchestrator'),
    await shop.send('orchestrator'),
    await shop.send('orchestrator'),
  ];
  const worker = await shop.sendFrom(planner, 'agent');
  const [helper, sibling] = [await shop.sendFrom(worker, 'agent'), await shop.sendFrom(planner, 'agent')];
  return { planner, worker, helper, sibling, chief, reviewer: await shop.sendFrom(chief, 'agent'), auditor };
}

export function echoOf(story: Body) {
  const criteria = story['criteria'] as readonly { text: string; binding: string | null }[];
  return { title: story['title'], criteria_count: criteria.length, criteria_hash: criteriaHash(criteria) };
}

export function tokenOf(heard: Heard): string {
  const [first] = (heard.body['capabilities'] ?? []) as { token: string }[];
  if (first === undefined) throw new Error(heard.text);
  return first.token;
}

export async function ok(promise: Promise<Heard>): Promise<Heard> {
  const heard = await promise;
  if (heard.status !== 200) throw new Error(heard.text);
  return heard;
}
