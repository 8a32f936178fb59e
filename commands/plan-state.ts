// Commands on plan states.
import { type Static, Type } from 'typebox';
import { canonicalJson } from '../kernel/canonical.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { byteLength } from '../kernel/text.ts';
import { PlanStateContent, PlanStateDeleted, PlanStateSaved } from '../events/plan-state.ts';
import { maxPlanStateBytes, planStateOf, planStateRefusals, planStateRules } from '../policies/plan-state.ts';
import { openProject } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';

export const SavePlanStateBody = Type.Object({ state: PlanStateContent }, { additionalProperties: false });

interface PlanStatePlace {
  /** The same for a project and a key, for ever. */
  readonly plan_state_id: string;
  readonly project_id: string;
  readonly key: string;
}

const ref = (id: string) => ({ type: 'plan_state', id });

export interface SavePlanState extends PlanStatePlace, Static<typeof SavePlanStateBody> {}

export const savePlanState: CommandDefinition<SavePlanState> = {
  name: 'SavePlanState',
  subject: ({ plan_state_id }) => ref(plan_state_id),
  authorize: (_command, world) => requireRole(planStateRules.save, world.actor),
  decide({ plan_state_id, project_id, key, state }, world) {
    openProject(world, project_id);
    const held = planStateOf(world, plan_state_id);
    const text = canonicalJson(state);
    if (byteLength(text) > maxPlanStateBytes) {
      throw planStateRefusals.refuse('plan_state_too_large', `The state has ${byteLength(text)} bytes.`);
    }
    if (held !== undefined && canonicalJson(held.state) === text) return [];
    return [record(PlanStateSaved, ref(plan_state_id), { project_id, key, state }, project_id)];
  },
};

export const deletePlanState: CommandDefinition<PlanStatePlace> = {
  name: 'DeletePlanState',
  subject: ({ plan_state_id }) => ref(plan_state_id),
  authorize: (_command, world) => requireRole(planStateRules.delete, world.actor),
  decide({ plan_state_id, project_id, key }, world) {
    openProject(world, project_id);
    if (planStateOf(world, plan_state_id) === undefined) {
      throw planStateRefusals.refuse('plan_state_not_found', `Nothing is kept under ${key}.`);
    }
    return [record(PlanStateDeleted, ref(plan_state_id), { project_id, key }, project_id)];
  },
};
