// The one check of an actor's role; which role an act needs is data beside each noun.
import { type Actor, describeRule, roleAllows, type RoleRule } from '../kernel/actor.ts';
import { defineRefusals } from '../kernel/refusal.ts';

export const roleRefusals = defineRefusals({
  role_forbidden: {
    kind: 'forbidden',
    title: 'Your role may not do this',
    remedy: 'Use a key of a role that may. GET /api/v1/routes lists the role of every route.',
  },
});

export function requireRole(rule: RoleRule, actor: Actor): void {
  if (roleAllows(rule, actor.role)) return;
  throw roleRefusals.refuse('role_forbidden', `This needs ${describeRule(rule)}; your key's role is ${actor.role}.`, {
    members: { required_role: describeRule(rule), role: actor.role },
  });
}
