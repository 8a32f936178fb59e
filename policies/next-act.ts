// What a caller may do next with a story: every rule of custody is asked, and those that do not refuse are listed.
import type { World } from '../kernel/command.ts';
import { Refusal } from '../kernel/refusal.ts';
import { CapabilityAct } from '../events/story-custody.ts';
import {
  type CustodyAct,
  custodyActs,
  custodyRules,
  isInScope,
  isPickedReviewer,
  requireAct,
  requireCollector,
  type Situation,
} from './story-custody.ts';

export interface NextAct {
  readonly act: CustodyAct | 'collect_capability';
  /** The capability that the act uses up, or that is collected. */
  readonly capability: CapabilityAct | null;
}

/** Exactly the acts that would succeed for this caller in this world. */
export function nextActs(world: World, storyId: string): NextAct[] {
  if (!isInScope(world, storyId)) return [];
  const acts: NextAct[] = custodyActs.flatMap((act) => {
    const situation = unlessRefused(() => requireAct(world, act, storyId));
    return situation === null ? [] : [{ act, capability: capabilityFor(act, situation) }];
  });
  const collectable = CapabilityAct.enum.filter(
    (act) => unlessRefused(() => requireCollector(world, act, storyId)) !== null,
  );
  return [...acts, ...collectable.map((capability) => ({ act: 'collect_capability' as const, capability }))];
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
