// What happened to a run: the events of its stream, and of those the questions to models.
import type { Static } from 'typebox';
import type { RunModelCalled } from '../events/run-fact.ts';
import type { Database } from '../sql/database.ts';
import { eventText } from './event.ts';
import { type Listed, listQuery, type ListQuery, type PageRequest, readPageOf } from './page.ts';

interface EventRow extends Record<string, unknown> {
  readonly text: string;
}

function eventsOfRun(name: string, narrower: string): ListQuery {
  return listQuery({
    name,
    parent: '(select r.run_id from view.runs r where r.tenant_id = $1 and r.run_id = $3) as parent',
    columns: `e.version, ${eventText} as text`,
    source: `from ledger.events e where e.tenant_id = $1 and e.stream_type = 'run' and e.stream_id = $3 ${narrower}`,
    after: 'e.version > $4::integer',
    order: ['version'],
  });
}

const allEvents = eventsOfRun('list_run_history', '');
const modelCalls = eventsOfRun('list_run_calls', `and e.type = 'run.model_called'`);

function list(
  query: ListQuery,
): (database: Database, tenantId: string, runId: string, page: PageRequest) => Promise<Listed | null> {
  return (database, tenantId, runId, page) => {
    const values = [runId, page.after?.[0] ?? 0];
    return readPageOf<EventRow>(database, query, { tenantId, page, values, show: ({ text }) => text });
  };
}

export const listRunHistory = list(allEvents);

/** Events, as JSON texts whose `data` is a `ModelCall`. */
export const listModelCalls = list(modelCalls);
export type ModelCall = Static<typeof RunModelCalled.shape>;
