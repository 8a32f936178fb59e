// Actor: who causes an event. A key has exactly one role for life.

export const roles = ['agent', 'orchestrator', 'user', 'superadmin'] as const;
export type Role = (typeof roles)[number];

/** "r+" (that role or a higher one) or "=r" (exactly that one), joined by commas when several are exact. */
export type RoleRule = { readonly atLeast: Role } | { readonly exactly: readonly [Role, ...Role[]] };

export interface Actor {
  readonly kind: 'key' | 'session' | 'system';
  readonly key_id: string | null;
  readonly agent_id: string | null;
  readonly role: Role;
  /** Dispatch ids from the root to the actor's own; empty for whoever works without a dispatch. */
  readonly lineage: readonly string[];
  /** The one story that the actor's dispatch is for; absent when it is for any. */
  readonly story_id?: string;
  /** The person behind a session. */
  readonly operator_id?: string;
  readonly session_id?: string;
  /** Set when somebody of the platform acts in a tenant that is not theirs. */
  readonly impersonating?: true;
  /** A fresh assertion of an authenticator, bound to this very act: the operation that it was made for. */
  readonly step_up?: { readonly authenticator_id: string; readonly act: string };
}

export function roleAllows(rule: RoleRule, role: Role): boolean {
  if ('exactly' in rule) return rule.exactly.includes(role);
  return roles.indexOf(role) >= roles.indexOf(rule.atLeast);
}

export function describeRule(rule: RoleRule): string {
  return 'exactly' in rule ? rule.exactly.map((role) => `=${role}`).join(', ') : `${rule.atLeast}+`;
}

/** Whose log holds the keys of the platform itself. It is no tenant's: it was never founded and never can be. */
export const platformId = '00000000-0000-7000-8000-000000000000';

/** Acts of the server itself: founding a tenant, reactions of workers. */
export const systemActor: Actor = { kind: 'system', key_id: null, agent_id: null, role: 'superadmin', lineage: [] };
