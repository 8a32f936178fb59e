// Random lives of stories over HTTP: what `next_actions` names is done, and what it does not name is refused.
// LOOPLEDGER_TEST_SEED=<seed> runs the same ones again.
import { test } from 'tap';
import { type Chance, startChance } from '../hardening/random.ts';
import { type Body, type Heard, startTestServer } from '../support/server.ts';
import { echoOf, openShop, sendCrew, type Shop } from '../support/shop.ts';

const sequences = 30;
const steps = 10;
/** Of seventeen: chance may keep away the rest, and more lives are lived until it has not kept away these. */
const manyActs = 12;

interface Named {
  readonly action: string;
  readonly path: string;
  readonly required_body: { readonly act?: { readonly value: string } } | null;
  readonly preconditions: readonly string[];
}

interface Caller {
  readonly name: string;
  readonly key: string;
}

/** By the last part of the path: what somebody honest says, and the capability that the act may ask for. */
const acts: Readonly<Record<string, readonly [say: (story: Body) => object, uses?: string]>> = {
  contract: [echoOf],
  claim: [() => ({})],
  start: [() => ({}), 'start'],
  heartbeat: [() => ({})],
  unclaim: [() => ({})],
  artifacts: [() => ({ artifact: { name: 'Log', url: 'https://example.com/log' } })],
  'request-review': [() => ({ commit: '1f0e2d3' })],
  report: [() => ({}), 'report'],
  'review-complete': [() => ({ findings: 1, fixes: 1, disproved: 0 }), 'review'],
  verify: [() => ({ result: 'pass', evidence: 'All tests passed' }), 'verify'],
  reject: [() => ({ reason: 'It does not hold' })],
  'force-unclaim': [() => ({ reason: 'No answer' })],
  backfill: [() => ({ reason: 'Done before', evidence_url: 'https://example.com/1' })],
  draw: [() => ({})],
};
const capabilities = ['start', 'report', 'review', 'verify'];
const onward = new Set(['contract', 'claim', 'start', 'request-review', 'report', 'review-complete', 'verify']);

const placeOf = ({ path }: Named): string => path.split('/').at(-1) ?? '';

class Life {
  private readonly shop: Shop;
  private readonly story: Body;

  constructor(shop: Shop, story: Body) {
    this.shop = shop;
    this.story = story;
  }

  async named({ key }: Caller): Promise<Named[]> {
    const { body } = await this.shop.server.say('GET', `/api/v1/stories/${this.story.id}/next-actions`, { key });
    return body['next_actions'] as Named[];
  }

  /** Each call that is not named, as if it were: those that were not refused. */
  async slips(caller: Caller, named: readonly Named[]): Promise<string[]> {
    const found: string[] = [];
    const collectable = named.flatMap((one) =>
      placeOf(one) === 'capabilities' ? [one.required_body?.act?.value] : [],
    );
    for (const act of capabilities.filter((one) => !collectable.includes(one))) {
      if ((await this.say(caller, 'capabilities', { act })).status < 400) found.push(`collect ${act}`);
    }
    const places = new Set(named.map(placeOf));
    for (const [place, [tell]] of Object.entries(acts)) {
      if (places.has(place)) continue;
      if ((await this.say(caller, place, tell(this.story))).status < 400) found.push(place);
    }
    return found;
  }

  async perform(caller: Caller, one: Named): Promise<Heard> {
    const place = placeOf(one);
    if (place === 'capabilities') return this.say(caller, place, { act: one.required_body?.act?.value });
    const [tell, uses] = acts[place] ?? [() => ({})];
    if (one.preconditions.length === 0) return this.say(caller, place, tell(this.story));
    const { body } = await this.say(caller, 'capabilities', { act: uses });
    const [granted] = (body['capabilities'] ?? []) as { token: string }[];
    return this.say(caller, place, tell(this.story), granted?.token);
  }

  private say(by: Caller, place: string, body: object, capability?: string): Promise<Heard> {
    return this.shop.act(by, this.story, place, { body, ...(capability === undefined ? {} : { capability }) });
  }
}

interface Asked {
  readonly caller: Caller;
  readonly named: readonly Named[];
}

/** What leads onward comes more often, or most lives would end before anybody reviews anything. */
function choose(chance: Chance, asked: readonly Asked[]): { readonly caller: Caller; readonly one: Named } {
  const open = asked.flatMap(({ caller, named }) => named.map((one) => ({ caller, one })));
  return chance.pick(open.flatMap((item) => Array.from({ length: onward.has(placeOf(item.one)) ? 8 : 1 }, () => item)));
}

test(`over HTTP ${sequences} random lives do what next_actions name, and nothing else`, async (t) => {
  const chance = startChance();
  t.comment(`LOOPLEDGER_TEST_SEED=${chance.seed}`);
  const server = await startTestServer(t, { ratePerKey: null, ratePerTenant: null });
  const shop = await openShop(server);
  const { planner, worker, reviewer, chief, auditor } = await sendCrew(shop);
  const hands = Object.entries({ planner, worker, reviewer, chief, auditor });
  const callers: Caller[] = hands.map(([name, { key }]) => ({ name, key }));
  callers.push({ name: 'a person', key: shop.plan.userKey }, { name: 'no dispatch', key: shop.plan.agentKey });
  const done = new Set<string>();
  for (let at = 0; at < sequences || (done.size < manyActs && at < sequences * 4); at += 1) {
    const { body: story } = await shop.plan.say('POST', `/epics/${shop.plan.epics[0]?.id}/stories`, {
      body: { title: `Life ${at}` },
    });
    const life = new Life(shop, story);
    for (let step = 0; step < steps; step += 1) {
      const asked = await Promise.all(callers.map(async (caller) => ({ caller, named: await life.named(caller) })));
      const watched = chance.pick(asked);
      t.same(await life.slips(watched.caller, watched.named), [], `${at}.${step} ${watched.caller.name}`);
      const { caller, one } = choose(chance, asked);
      const { status, text } = await life.perform(caller, one);
      t.equal(status, 200, `${at}.${step} ${caller.name}: ${one.action} ${status === 200 ? '' : text}`);
      done.add(one.action);
    }
  }
  t.ok(done.size >= manyActs, [...done].join(', '));
});
