// Agent: somebody who works, human-made or not, and holds keys to do it.
import { type Static, Type } from 'typebox';
import { LongText, Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

export const agentFields = { name: Name, description: LongText } as const;

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);
const named = Type.Object({ name: Name }, closed);

export const AgentCreated = eventType('agent.created', Type.Object(agentFields, closed), 'An agent was created.');
export const AgentChanged = eventType(
  'agent.changed',
  Type.Object({ description: LongText }, closed),
  'The description of an agent changed.',
);
export const AgentRenamed = eventType('agent.renamed', named, 'An agent got another name.');
/** Names are unique, and a fact speaks of one name only: what a rename frees is a fact of its own. */
export const AgentNameReleased = eventType('agent.name_released', named, 'The former name of an agent became free.');
export const AgentArchived = eventType('agent.archived', none, 'An agent was archived: its keys stop.');
export const AgentRestored = eventType('agent.restored', none, 'An archived agent was taken up again.');
export const AgentDeleted = eventType('agent.deleted', named, 'An agent was deleted and its keys revoked.');

export interface Agent extends Static<typeof AgentCreated.shape> {
  readonly status: 'active' | 'archived' | 'deleted';
}

export const agentStream = defineStream<Agent>('agent', [
  born(AgentCreated, (data) => ({ ...data, status: 'active' })),
  when(AgentChanged, (agent, data) => ({ ...agent, ...data })),
  when(AgentRenamed, (agent, data) => ({ ...agent, ...data })),
  when(AgentNameReleased, (agent) => agent),
  when(AgentArchived, (agent) => ({ ...agent, status: 'archived' })),
  when(AgentRestored, (agent) => ({ ...agent, status: 'active' })),
  when(AgentDeleted, (agent) => ({ ...agent, status: 'deleted' })),
]);
