// Commands on agents. An agent that stops takes its keys with it, in the same commit.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, LookupDefinition, World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { record } from '../kernel/stream.ts';
import {
  AgentArchived,
  AgentChanged,
  AgentCreated,
  AgentDeleted,
  agentFields,
  AgentNameReleased,
  AgentRenamed,
  AgentRestored,
} from '../events/agent.ts';
import { KeyResumed, KeyRevoked, KeySuspended } from '../events/key.ts';
import { agentOf, agentRefusals, agentRules, openAgent } from '../policies/agent.ts';
import { endFamilies } from '../policies/dispatch.ts';
import { keysOfHolder } from '../policies/key.ts';
import { requireRole } from '../policies/role.ts';

const closed = { additionalProperties: false } as const;

export const CreateAgentBody = Type.Object(
  { name: agentFields.name, description: Type.Optional(agentFields.description) },
  closed,
);
export const ChangeAgentBody = Type.Partial(Type.Object(agentFields), { ...closed, minProperties: 1 });

const naming: ReadonlySet<string> = new Set([
  AgentCreated.type,
  AgentRenamed.type,
  AgentNameReleased.type,
  AgentDeleted.type,
]);

/** Whether a name is in use by an agent that is not deleted. */
export const agentNameTaken: LookupDefinition<boolean> = {
  name: 'agent-name-taken',
  keyOf: (fact) => (naming.has(fact.type) ? (fact.data['name'] as string) : null),
  fold: (_taken, fact) => fact.type === AgentCreated.type || fact.type === AgentRenamed.type,
};

const agentRef = (id: string) => ({ type: 'agent', id });

export interface CreateAgent extends Static<typeof CreateAgentBody> {
  readonly agent_id: string;
}

export const createAgent: CommandDefinition<CreateAgent> = {
  name: 'CreateAgent',
  subject: ({ agent_id }) => agentRef(agent_id),
  authorize: (_command, world) => requireRole(agentRules.create, world.actor),
  decide({ agent_id, name, description }, world) {
    requireFreeName(world, name);
    return [record(AgentCreated, agentRef(agent_id), { name, description: description ?? '' }, null)];
  },
};

export interface ChangeAgent {
  readonly agent_id: string;
  readonly changes: Static<typeof ChangeAgentBody>;
}

export const changeAgent: CommandDefinition<ChangeAgent> = {
  name: 'ChangeAgent',
  subject: ({ agent_id }) => agentRef(agent_id),
  authorize: (_command, world) => requireRole(agentRules.change, world.actor),
  decide({ agent_id, changes }, world) {
    const agent = openAgent(world, agent_id);
    const { name = agent.name, description = agent.description } = changes;
    const events: NewEvent[] = [];
    if (name !== agent.name) {
      requireFreeName(world, name);
      events.push(record(AgentRenamed, agentRef(agent_id), { name }, null));
      events.push(record(AgentNameReleased, agentRef(agent_id), { name: agent.name }, null));
    }
    if (description !== agent.description) {
      events.push(record(AgentChanged, agentRef(agent_id), { description }, null));
    }
    return events;
  },
};

export interface NameAgent {
  readonly agent_id: string;
}

export const archiveAgent: CommandDefinition<NameAgent> = {
  name: 'ArchiveAgent',
  subject: ({ agent_id }) => agentRef(agent_id),
  authorize: (_command, world) => requireRole(agentRules.archive, world.actor),
  decide({ agent_id }, world) {
    if (agentOf(world, agent_id).state.status === 'archived') return [];
    const suspended = keysOf(world, agent_id).map((key) => record(KeySuspended, key, { by: 'agent' }, null));
    return [record(AgentArchived, agentRef(agent_id), {}, null), ...suspended, ...endDispatches(world, agent_id)];
  },
};

export const restoreAgent: CommandDefinition<NameAgent> = {
  name: 'RestoreAgent',
  subject: ({ agent_id }) => agentRef(agent_id),
  authorize: (_command, world) => requireRole(agentRules.archive, world.actor),
  decide({ agent_id }, world) {
    if (agentOf(world, agent_id).state.status === 'active') return [];
    const resumed = keysOf(world, agent_id).map((key) => record(KeyResumed, key, { by: 'agent' }, null));
    return [record(AgentRestored, agentRef(agent_id), {}, null), ...resumed];
  },
};

export const deleteAgent: CommandDefinition<NameAgent> = {
  name: 'DeleteAgent',
  subject: ({ agent_id }) => agentRef(agent_id),
  authorize: (_command, world) => requireRole(agentRules.delete, world.actor),
  decide({ agent_id }, world) {
    const { name } = agentOf(world, agent_id).state;
    const revoked = keysOf(world, agent_id).map((key) => record(KeyRevoked, key, { agent_id }, null));
    return [record(AgentDeleted, agentRef(agent_id), { name }, null), ...revoked, ...endDispatches(world, agent_id)];
  },
};

function requireFreeName(world: World, name: string): void {
  if (world.lookup(agentNameTaken, name)) throw agentRefusals.refuse('agent_name_taken', `The name ${name} is taken.`);
}

/** Keys without a dispatch. */
function keysOf(world: World, agentId: string) {
  const held = world.lookup(keysOfHolder, agentId).filter(({ lineage }) => lineage.length === 0);
  return held.map(({ key_id }) => ({ type: 'key', id: key_id }));
}

/** A dispatch is short-lived, so it is not suspended but ended, and whoever was sent by it with it. */
function endDispatches(world: World, agentId: string): NewEvent[] {
  const lineages = world.lookup(keysOfHolder, agentId).map(({ lineage }) => lineage);
  return endFamilies(
    world,
    lineages.filter((lineage) => lineage.length > 0),
  );
}
