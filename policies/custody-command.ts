// The frame of every command of custody: the rule is asked, the capability is used up, and a refusal teaches.
import type { RoleRule } from '../kernel/actor.ts';
import type { CommandDefinition, World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { Refusal } from '../kernel/refusal.ts';
import { consumeCapability } from './capability.ts';
import { capabilityFor, nextActs } from './next-act.ts';
import { requireRole } from './role.ts';
import { type CustodyAct, custodyRules, requireAct, type Situation } from './story-custody.ts';

export interface NamesStory {
  readonly story_id: string;
}

/** The token that came with the request; null when none did. */
export interface PresentsCapability extends NamesStory {
  readonly capability: string | null;
}

export interface CustodyParts<Command> {
  /** Imperative: `ClaimStory`. */
  readonly name: string;
  readonly act: CustodyAct;
  decide(command: Command, situation: Situation): readonly NewEvent[];
}

export function custodyCommand<Command extends NamesStory>(parts: CustodyParts<Command>): CommandDefinition<Command> {
  return teachingCommand({
    name: parts.name,
    role: custodyRules[parts.act].role,
    decide: (command, world) => parts.decide(command, requireAct(world, parts.act, command.story_id)),
  });
}

/** The same for an act that may use up a capability: which one, the rule says. */
export function capableCommand<Command extends PresentsCapability>(
  parts: CustodyParts<Command>,
): CommandDefinition<Command> {
  return custodyCommand({
    ...parts,
    decide(command, situation) {
      const needed = capabilityFor(parts.act, situation);
      const { world, held } = situation;
      const consumed = needed === null ? [] : [consumeCapability(world, held, needed, command.capability)];
      return [...consumed, ...parts.decide(command, situation)];
    },
  });
}

export interface TeachingParts<Command> {
  readonly name: string;
  readonly role: RoleRule;
  decide(command: Command, world: World): readonly NewEvent[];
}

/** Whoever is refused learns what would have succeeded. */
export function teachingCommand<Command extends NamesStory>(parts: TeachingParts<Command>): CommandDefinition<Command> {
  return {
    name: parts.name,
    subject: ({ story_id }) => ({ type: 'story', id: story_id }),
    authorize: ({ story_id }, world) => taught(world, story_id, () => requireRole(parts.role, world.actor)),
    decide: (command, world) => taught(world, command.story_id, () => parts.decide(command, world)),
  };
}

function taught<Result>(world: World, storyId: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { kind, code, message, extra } = error;
    throw new Refusal(kind, code, message, { ...extra, nextActs: { storyId, acts: nextActs(world, storyId) } });
  }
}
