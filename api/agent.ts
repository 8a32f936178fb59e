// Agents over HTTP.
import { Type } from 'typebox';
import { newId } from '../kernel/id.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import {
  archiveAgent,
  changeAgent,
  ChangeAgentBody,
  createAgent,
  CreateAgentBody,
  deleteAgent,
  restoreAgent,
} from '../commands/agent.ts';
import { agentRefusals, agentRules } from '../policies/agent.ts';
import { agentFilters, AgentView, findAgent, listAgents } from '../projections/agent.ts';
import { performOnKeys } from './key.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showNothing, showObject } from './render.ts';
import { type Route, route } from './route.ts';

export const AgentPath = Type.Object({ agent_id: Id }, { additionalProperties: false });
const url = '/api/v1/agents';
export const oneAgent = `${url}/:agent_id`;
const tags = ['agents'] as const;

export const agentExample = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d02',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'planner',
  description: 'Plans epics and stories.',
  status: 'active',
};
const params = { agent_id: agentExample.id };

export function missingAgent(): Error {
  return agentRefusals.refuse('agent_not_found', 'There is no such agent.');
}

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listAgents',
  summary: 'List agents in the order in which they were created',
  tags,
  role: agentRules.read,
  query: pageQuery(agentFilters),
  status: 200,
  response: listOf(AgentView),
  codes: [],
  examples: { response: { data: [agentExample], next_cursor: null, changes_cursor: 'c2VhbGVk' } },
  handler: async (call) =>
    presentList(call, await listAgents(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const createRoute = route({
  method: 'POST',
  url,
  operation: 'createAgent',
  summary: 'Create an agent',
  tags,
  role: agentRules.create,
  body: CreateAgentBody,
  status: 201,
  response: AgentView,
  codes: ['agent_name_taken'],
  examples: { body: { name: agentExample.name, description: agentExample.description }, response: agentExample },
  handler: (call) =>
    perform(call, {
      definition: createAgent,
      command: { ...call.body, agent_id: newId() },
      render: showObject(201),
      location: url,
    }),
});

const getRoute = route({
  method: 'GET',
  url: oneAgent,
  operation: 'getAgent',
  summary: 'Show an agent',
  tags,
  role: agentRules.read,
  params: AgentPath,
  status: 200,
  response: AgentView,
  codes: ['agent_not_found'],
  examples: { params, response: agentExample },
  handler: (call) =>
    presentFound(call, findAgent(call.api.database, call.tenantId, call.params.agent_id), missingAgent),
});

const changeRoute = route({
  method: 'PATCH',
  url: oneAgent,
  operation: 'changeAgent',
  summary: 'Change name or description of an agent',
  tags,
  role: agentRules.change,
  params: AgentPath,
  body: ChangeAgentBody,
  status: 200,
  response: AgentView,
  codes: ['agent_not_found', 'agent_archived', 'agent_name_taken'],
  examples: {
    params,
    body: { name: 'chief planner' },
    response: { ...agentExample, version: 3, name: 'chief planner' },
  },
  handler: (call) =>
    perform(call, {
      definition: changeAgent,
      command: { ...call.params, changes: call.body },
      render: showObject(200),
    }),
});

const archiveRoute = route({
  method: 'POST',
  url: `${oneAgent}/archive`,
  operation: 'archiveAgent',
  summary: 'Archive an agent: its keys stop until it is restored',
  tags,
  role: agentRules.archive,
  params: AgentPath,
  status: 200,
  response: AgentView,
  codes: ['agent_not_found'],
  examples: { params, response: { ...agentExample, version: 2, status: 'archived' } },
  handler: (call) => performOnKeys(call, { definition: archiveAgent, command: call.params, render: showObject(200) }),
});

const restoreRoute = route({
  method: 'POST',
  url: `${oneAgent}/restore`,
  operation: 'restoreAgent',
  summary: 'Take up an archived agent again: its keys work again',
  tags,
  role: agentRules.archive,
  params: AgentPath,
  status: 200,
  response: AgentView,
  codes: ['agent_not_found'],
  examples: { params, response: { ...agentExample, version: 3 } },
  handler: (call) => performOnKeys(call, { definition: restoreAgent, command: call.params, render: showObject(200) }),
});

const deleteRoute = route({
  method: 'DELETE',
  url: oneAgent,
  operation: 'deleteAgent',
  summary: 'Delete an agent and revoke its keys',
  description: 'Its history stays in the log, and its name becomes free.',
  tags,
  role: agentRules.delete,
  params: AgentPath,
  status: 204,
  response: Type.Null(),
  codes: ['agent_not_found'],
  examples: { params },
  handler: (call) => performOnKeys(call, { definition: deleteAgent, command: call.params, render: showNothing }),
});

export const agentRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  getRoute,
  changeRoute,
  archiveRoute,
  restoreRoute,
  deleteRoute,
];
