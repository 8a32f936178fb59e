// Draws: who may be drawn to review or to verify a story, and the draw itself.
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { commitmentOf } from '../kernel/draw.ts';
import { sameActor } from '../kernel/lineage.ts';
import { chooseFrom } from '../kernel/pick.ts';
import { record } from '../kernel/stream.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import { type Dispatch, DispatchCreated, DispatchRevoked, dispatchStream } from '../events/dispatch.ts';
import { DrawPicked, drawStream, maxPool } from '../events/draw.ts';
import type { Party } from '../events/story-custody.ts';
import type { HeldStory } from './story.ts';

/** A dispatch as far as draws look at it. */
export interface Drawable {
  readonly dispatch_id: string;
  readonly lineage: readonly string[];
  readonly role: string;
  readonly agent_id: string;
  readonly story_id: string | null;
  readonly expires_at: string;
}

const longestSeconds = 14_400;
const everybody = 'all';

/** Dispatches that were not revoked. No dispatch lives longer than four hours, so a new one tells which are over. */
export const liveDispatches: LookupDefinition<readonly Drawable[]> = {
  name: 'live-dispatches',
  keyOf: ({ type }) => (type === DispatchCreated.type || type === DispatchRevoked.type ? everybody : null),
  fold(live, { type, stream, data }) {
    if (type === DispatchRevoked.type) return live.filter(({ dispatch_id }) => dispatch_id !== stream.id);
    const { lineage, role, agent_id, story_id, expires_at } = data as unknown as Dispatch;
    const past = addSeconds(expires_at, -longestSeconds);
    const left = live.filter((one) => one.expires_at > past);
    return [...left, { dispatch_id: stream.id, lineage, role, agent_id, story_id, expires_at }];
  },
};

export type DrawAct = 'review' | 'verify';

/** Work is reviewed by an agent and verified by an orchestrator; neither shares a dispatch or an agent with the others. */
const roleOf = { review: 'agent', verify: 'orchestrator' } as const satisfies Record<DrawAct, string>;

type Known = Pick<Drawable, 'agent_id' | 'lineage'>;

export function sameParty(one: Known, other: Known): boolean {
  return one.agent_id === other.agent_id || sameActor(one.lineage, other.lineage);
}

/** Who took part in the cycle so far, and so may not judge it. */
function involvedIn({ story }: HeldStory): Party[] {
  const { implementer = null, reporter = null, review = null, second_review = null } = story.custody ?? {};
  const reviewed = [review?.by ?? null, second_review?.review?.by ?? null];
  return [implementer, reporter, ...reviewed].filter((party) => party !== null);
}

/** A first review is done by anybody but the family of the work; whoever judges after it has had no part at all. */
export function poolFor(world: World, held: HeldStory, act: DrawAct): Drawable[] {
  const isFirst = act === 'review' && (held.story.custody?.review ?? null) === null;
  const involved = isFirst ? involvedIn(held).slice(0, 1) : involvedIn(held);
  return world
    .lookup(liveDispatches, everybody)
    .filter(
      (one) =>
        one.role === roleOf[act] &&
        one.expires_at > world.now &&
        (one.story_id === null || one.story_id === held.id) &&
        !involved.some((party) => sameParty(party, one)),
    )
    .toSorted((one, other) => (one.dispatch_id < other.dispatch_id ? -1 : 1))
    .slice(0, maxPool);
}

export interface Drawn {
  readonly event: NewEvent;
  readonly n: number;
  readonly chosen: Party;
}

/** Null when the pool is empty: then nothing is drawn, and no seed is revealed. */
export function draw(world: World, held: HeldStory, act: DrawAct): Drawn | null {
  const candidates = poolFor(world, held, act);
  if (candidates.length === 0) return null;
  const before = world.find(drawStream, world.tenantId)?.state;
  if (before === undefined) throw new Error('the tenant never committed to a draw');
  const { n } = before;
  const lot = { act, story_id: held.id, pool: candidates.map(({ dispatch_id }) => dispatch_id) };
  const seed = world.drawSeed(n);
  const chosen = chooseFrom(seed, lot);
  const data = { n, ...lot, chosen, seed, next_commitment: commitmentOf(world.drawSeed(n + 1)) };
  const { agent_id, lineage } = candidates.find(({ dispatch_id }) => dispatch_id === chosen) as Drawable;
  const event = record(DrawPicked, { type: 'draw', id: world.tenantId }, data, null);
  return { event, n, chosen: { agent_id, lineage: [...lineage] } };
}

/** Whether whoever was drawn can still act. */
export function isLive(world: World, { lineage }: Party): boolean {
  const dispatch = world.find(dispatchStream, lineage.at(-1) as string)?.state;
  return dispatch?.status === 'active' && dispatch.expires_at > world.now;
}
