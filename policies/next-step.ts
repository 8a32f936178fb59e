// What a caller may do next in its tenant, short of any story: the way from an empty tenant to work that somebody takes on.
// Each step asks the rules of its noun; a step is listed when none of them refuses.
import type { World } from '../kernel/command.ts';
import { mayTouch } from '../kernel/lineage.ts';
import { Refusal } from '../kernel/refusal.ts';
import { agentRules } from './agent.ts';
import { allAuthenticators, authenticatorRefusals, authenticatorsOfTenant } from './authenticator.ts';
import { dispatchRefusals, dispatchRules, ownDispatch, parentOf } from './dispatch.ts';
import { epicRules } from './epic.ts';
import { projectRules } from './project.ts';
import { requireDispatchQuota, requireStoryQuota } from './quota.ts';
import { requireRole } from './role.ts';
import { storyRules } from './story.ts';
import { openTenant } from './tenant.ts';

const steps = {
  create_agent({ actor }) {
    requireRole(agentRules.create, actor);
    requireScope(actor, 'agent');
  },
  mint_root(world) {
    requireRole(dispatchRules.createRoot, world.actor);
    openTenant(world);
    requireDispatchQuota(world);
    requirePerson(world);
  },
  send_agent(world) {
    requireRole(dispatchRules.create, world.actor);
    openTenant(world);
    requireDispatchQuota(world);
    parentOf(world, ownId(world));
  },
  create_project({ actor }) {
    requireRole(projectRules.create, actor);
    requireScope(actor, 'project');
  },
  create_epic({ actor }) {
    requireRole(epicRules.create, actor);
    requireScope(actor, 'epic');
  },
  create_story(world) {
    requireRole(storyRules.create, world.actor);
    requireScope(world.actor, 'story');
    requireStoryQuota(world);
  },
  look_at_ready_story: ({ actor }) => requireRole(storyRules.read, actor),
  look_at_own_story(world) {
    requireRole(storyRules.read, world.actor);
    ownDispatch(world);
  },
} as const satisfies Record<string, (world: World) => void>;

export type Step = keyof typeof steps;

export function nextSteps(world: World): Step[] {
  return (Object.keys(steps) as Step[]).filter((step) => {
    try {
      steps[step](world);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  });
}

/** Whoever was sent for one story makes nothing else. */
function requireScope(actor: World['actor'], type: string): void {
  if (mayTouch(actor, { type, id: '' })) return;
  throw dispatchRefusals.refuse('dispatch_story_foreign', 'Your dispatch is for one story.');
}

/** A root is confirmed by an authenticator, and a tenant that the platform founded has none. */
function requirePerson(world: World): void {
  if (world.lookup(authenticatorsOfTenant, allAuthenticators).some(({ active }) => active)) return;
  throw authenticatorRefusals.refuse('operator_missing', 'Nobody of this tenant has an authenticator.');
}

function ownId(world: World): string {
  ownDispatch(world);
  return world.actor.lineage.at(-1) as string;
}
