// What a caller may do next with a story: every rule of custody is asked, and those that do not refuse are listed.
import type { World } from '../kernel/command.ts';
import { roleAllows } from '../kernel/actor.ts';
import { Refusal } from '../kernel/refusal.ts';
import { CapabilityAct, type Party } from '../events/story-custody.ts';
import {
  collectingFault,
  collectRule,
  type CustodyAct,
  custodyActs,
  type CustodyRule,
  custodyRules,
  holdStory,
  isInScope,
  isPickedReviewer,
  nobody,
  partyOf,
  type Situation,
} from './story-custody.ts';
import type { HeldStory } from './story.ts';

export interface NextAct {
  readonly act: CustodyAct | 'collect_capability';
  /** The capability that the act uses up, or that is collected. */
  readonly capability: CapabilityAct | null;
}

/** Exactly the acts that would succeed for this caller in this world. What they have in common is asked once. */
export function nextActs(world: World, storyId: string): NextAct[] {
  const held = isInScope(world, storyId) ? unlessRefused(() => holdStory(world, storyId)) : null;
  if (held === null) return [];
  const by = unlessRefused(() => partyOf(world));
  const acts: NextAct[] = custodyActs.flatMap((act) => {
    const rule: CustodyRule = custodyRules[act];
    const party = rule.byPeople === true ? nobody : by;
    if (party === null || !roleAllows(rule.role, world.actor.role)) return [];
    const situation = { world, held, by: party };
    return rule.fault(situation) === null ? [{ act, capability: capabilityFor(act, situation) }] : [];
  });
  return [...acts, ...collectableActs(world, held, by)];
}

function collectableActs(world: World, held: HeldStory, by: Party | null): NextAct[] {
  if (by === null || !roleAllows(collectRule, world.actor.role)) return [];
  const situation = { world, held, by };
  return CapabilityAct.enum
    .filter((act) => collectingFault(situation, act) === null)
    .map((capability) => ({ act: 'collect_capability', capability }));
}

/** Whoever was drawn to review completes it with a capability; an orchestrator from another root needs none. */
export function capabilityFor(act: CustodyAct, situation: Situation): CapabilityAct | null {
  if (act === 'review_complete') return isPickedReviewer(situation) ? 'review' : null;
  const rule = custodyRules[act];
  return 'needs' in rule ? rule.needs : null;
}

function unlessRefused<Result>(ask: () => Result): Result | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
