// The runs that an agent asked for.
import { Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { runRules } from '../policies/run.ts';
import { listAgentRuns } from '../projections/agent-run.ts';
import { RunStatus, RunSummary } from '../projections/run.ts';
import { AgentPath, agentExample, missingAgent, oneAgent } from './agent.ts';
import { pageOf } from './present.ts';
import { presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { runSummaryExample } from './run.ts';

const listRoute = route({
  method: 'GET',
  url: `${oneAgent}/runs`,
  operation: 'listAgentRuns',
  summary: 'List the runs that an agent asked for, the latest first',
  description: 'Those of a deleted agent as well.',
  tags: ['agents'],
  role: runRules.read,
  params: AgentPath,
  query: pageQuery({ status: Type.Optional(RunStatus) }),
  status: 200,
  response: listOf(RunSummary),
  codes: ['agent_not_found'],
  examples: {
    params: { agent_id: agentExample.id },
    response: {
      data: [{ ...runSummaryExample, asked_by: { agent_id: agentExample.id, role: 'orchestrator' } }],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: (call) =>
    presentListed(
      call,
      listAgentRuns(call.api.database, call.tenantId, { ...call.params, ...call.query }, pageOf(call)),
      missingAgent,
    ),
});

export const agentRunRoutes: readonly Route[] = [listRoute];
