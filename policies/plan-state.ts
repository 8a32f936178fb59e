// Who may keep and read plan states, and how large one may be.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type PlanState, planStateStream } from '../events/plan-state.ts';

export const planStateRules = {
  read: { atLeast: 'agent' },
  save: { atLeast: 'orchestrator' },
  delete: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

/** Leaves room in an entry of the log for what stands around the state. */
export const maxPlanStateBytes = 48 * 1_024;

export const planStateRefusals = defineRefusals({
  plan_state_not_found: {
    kind: 'missing',
    title: 'The project keeps no state under this key, or not in this version',
    remedy: 'List the keys with GET /api/v1/projects/{project_id}/checkpoints, and the versions of one below its key.',
  },
  plan_state_too_large: {
    kind: 'oversized',
    title: 'The state is larger than 48 KiB',
    remedy: 'Split it over several keys, or keep only what the next one needs to go on.',
  },
});

/** Undefined under a key that nothing is kept under now. */
export function planStateOf(world: World, id: string): PlanState | undefined {
  const state = world.find(planStateStream, id)?.state;
  return state?.status === 'active' ? state : undefined;
}
