// Who may keep the place of a named follower.
import { type Actor, roleAllows, type RoleRule } from '../kernel/actor.ts';
import { defineRefusals } from '../kernel/refusal.ts';

export const consumerRules = {
  read: { atLeast: 'agent' },
  /** One's own; see `mayMoveAny`. */
  move: { atLeast: 'agent' },
} as const satisfies Record<string, RoleRule>;

/** A tenant has no more of them. */
export const maxConsumers = 100;

export const consumerRefusals = defineRefusals({
  consumer_not_found: {
    kind: 'missing',
    title: 'No such consumer',
    remedy: 'List the consumers with GET /api/v1/consumers; the first PUT of a checkpoint makes one.',
  },
  consumer_foreign: {
    kind: 'forbidden',
    title: 'The consumer belongs to another key',
    remedy: 'Use a name of your own, or the key that made the consumer, or that of a user.',
  },
  consumers_exceeded: {
    kind: 'limited',
    title: 'The tenant has as many consumers as it may have',
    remedy: 'Delete the checkpoint of a consumer that nobody uses any more.',
  },
});

/** A consumer belongs to the key that made it; people may put everything right. */
export function mayMoveAny(actor: Actor): boolean {
  return roleAllows({ atLeast: 'user' }, actor.role);
}
