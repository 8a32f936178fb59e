// Who may act on agents, and what an agent must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type Agent, agentStream } from '../events/agent.ts';

export const agentRules = {
  read: { atLeast: 'agent' },
  create: { atLeast: 'orchestrator' },
  change: { atLeast: 'orchestrator' },
  /** Stops and starts its keys, which is as good as revoking them. */
  archive: { atLeast: 'user' },
  delete: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const agentRefusals = defineRefusals({
  agent_not_found: {
    kind: 'missing',
    title: 'No such agent',
    remedy: 'List the agents with GET /api/v1/agents.',
  },
  agent_archived: {
    kind: 'conflict',
    title: 'The agent is archived',
    remedy: 'Restore it with POST /api/v1/agents/{agent_id}/restore, or use another agent.',
  },
  agent_name_taken: {
    kind: 'conflict',
    title: 'Another agent has this name',
    remedy: 'Choose another name; each is unique within a tenant.',
  },
});

/** The agent as it is, archived or not. */
export function agentOf(world: World, id: string): Loaded<Agent> {
  const agent = world.find(agentStream, id);
  if (agent === undefined || agent.state.status === 'deleted') {
    throw agentRefusals.refuse('agent_not_found', 'There is no such agent.');
  }
  return agent;
}

/** An agent that may change and get keys. */
export function openAgent(world: World, id: string): Agent {
  const { state } = agentOf(world, id);
  if (state.status === 'archived') throw agentRefusals.refuse('agent_archived', `${state.name} is archived.`);
  return state;
}
