// Agents as people read them.
import { type Static, Type } from 'typebox';
import { viewFrame } from '../kernel/shape.ts';
import { agentNameTaken } from '../commands/agent.ts';
import { agentFields, agentStream } from '../events/agent.ts';
import { agentRules } from '../policies/agent.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';
import { snapshotOf } from './snapshot.ts';
import { type StatusFilter, statusesOf, statusFilter } from './status.ts';

export const AgentView = Type.Object(
  { ...viewFrame, ...agentFields, status: Type.Enum(['active', 'archived']) },
  { additionalProperties: false },
);
export type AgentView = Static<typeof AgentView>;

export const agentInline = rowPerStream('agent', agentStream, (agent) => ({ ...agent }));

interface AgentRow extends ObjectRow {
  readonly name: string;
  readonly description: string;
  readonly status: string;
}

const columns = 'a.agent_id as id, a.version, a.created_at, a.updated_at, a.name, a.description, a.status';

function agentText(row: AgentRow): string {
  const { name, description, status } = row;
  return `{${frameText(row)},"name":${JSON.stringify(name)},"description":${JSON.stringify(description)},"status":"${status}"}`;
}

export const agentSnapshot = snapshotOf('agent', agentRules.read, {
  columns,
  source: "from view.agents a where a.tenant_id = $1 and a.status <> 'deleted'",
  after: 'a.agent_id > $3::uuid',
  show: agentText,
});

const byId = statement(
  'find_agent',
  `select ${headPosition} as position, ${columns}
     from view.agents a
    where a.tenant_id = $1 and a.agent_id = $2 and a.status <> 'deleted'`,
);

export function findAgent(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: agentText });
}

export const agentFilters = { ...statusFilter, name: Type.Optional(agentFields.name) } as const;
export interface AgentFilters extends StatusFilter {
  readonly name?: string;
}

const inOrderOfBirth = listQuery({
  name: 'list_agents',
  columns,
  source: `from view.agents a
          where a.tenant_id = $1 and a.status = any($4::text[]) and ($5::text is null or a.name = $5)`,
  after: 'a.agent_id > $3::uuid',
  order: ['id'],
});

export async function listAgents(
  database: Database,
  tenantId: string,
  filters: AgentFilters,
  page: PageRequest,
): Promise<Listed> {
  const values = [page.after?.[0] ?? leastId, statusesOf(filters), filters.name ?? null];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: agentText });
}

export const agentLookups: readonly LookupLoader[] = [
  {
    definition: agentNameTaken,
    load: loadAtHead(
      'agent_name_taken',
      `exists (
         select from view.agents a
          where a.tenant_id = $1 and a.name = $2 and a.status <> 'deleted')`,
    ),
  },
];
