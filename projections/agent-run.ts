// Runs that an agent asked for, the latest first.
import type { Database } from '../sql/database.ts';
import { greatestId, type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';
import { runColumns, type RunRow, summaryText } from './run.ts';

const ofAgent = listQuery({
  name: 'list_agent_runs',
  // Of an agent that was deleted as well: what it asked for is not forgotten.
  parent: '(select a.agent_id from view.agents a where a.tenant_id = $1 and a.agent_id = $3) as parent',
  columns: runColumns,
  source: `from view.runs r
          where r.tenant_id = $1 and r.agent_id = $3 and ($5::text is null or r.status = $5)`,
  after: 'r.run_id < $4::uuid',
  order: ['id'],
  backwards: true,
});

interface AgentRunFilters {
  readonly agent_id: string;
  readonly status?: string;
}

/** Null when there never was such an agent. */
export function listAgentRuns(
  database: Database,
  tenantId: string,
  { agent_id, status }: AgentRunFilters,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [agent_id, page.after?.[0] ?? greatestId, status ?? null];
  return readPageOf<RunRow>(database, ofAgent, { tenantId, page, values, show: summaryText });
}
