// The end of a log, event by event, with the columns by which followers choose.
import type { Database } from '../sql/database.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { eventAgent, eventKey, eventText } from './event.ts';
import type { FeedFilter } from './feed.ts';

export interface TailEvent extends Row {
  readonly position: number;
  readonly type: string;
  readonly project_id: string | null;
  readonly stream: string;
  readonly agent_id: string | null;
  readonly key_id: string;
  /** JSON. */
  readonly text: string;
}

const maxEvents = 200;

const tailStatement = statement(
  'feed_tail',
  `select e.position, e.type, e.project_id, e.stream_type || ':' || e.stream_id as stream,
          ${eventAgent} as agent_id, ${eventKey} as key_id, ${eventText} as text
     from ledger.events e
    where e.tenant_id = $1 and e.position > $2
    order by e.position limit ${maxEvents}`,
);

export function readTail(database: Database, tenantId: string, after: number): Promise<TailEvent[]> {
  return database.read<TailEvent>(tenantId, tailStatement, [tenantId, after]);
}

/** The same choice that the feed makes in the database. */
export function matcherOf({ types, projectIds, streams, actors }: FeedFilter): (event: TailEvent) => boolean {
  const exact = new Set(types);
  const projects = new Set(projectIds);
  const places = new Set(streams?.map(({ type, id }) => `${type}:${id}`));
  const causes = new Set(actors);
  return ({ type, project_id, stream, agent_id, key_id }) =>
    (types === null || exact.has(type) || exact.has(`${type.split('.', 1)[0]}.*`)) &&
    (projectIds === null || (project_id !== null && projects.has(project_id))) &&
    (streams === null || places.has(stream)) &&
    (actors === null || causes.has(key_id) || (agent_id !== null && causes.has(agent_id)));
}
