// Sessions as the door looks them up.
import { sessionStream } from '../events/session.ts';
import { liveSessions } from '../policies/session.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';

export const sessionInline = rowPerStream('session', sessionStream, (session) => {
  const { operator_id, authenticator_id, expires_at, status } = session;
  return { operator_id, authenticator_id, expires_at, status };
});

export interface SessionRow {
  readonly operator_id: string;
  readonly authenticator_id: string;
  /** By the database's clock. */
  readonly expires_in_ms: number;
}

const findStatement = statement(
  'find_session',
  `select s.operator_id, s.authenticator_id,
          extract(epoch from s.expires_at - clock_timestamp())::double precision * 1000 as expires_in_ms
     from view.sessions s
    where s.tenant_id = $1 and s.session_id = $2 and s.status = 'active' and s.expires_at > clock_timestamp()`,
);

/** Null when it is not in force. */
export async function findSession(database: Database, tenantId: string, id: string): Promise<SessionRow | null> {
  const rows = await database.read<SessionRow & Record<string, unknown>>(tenantId, findStatement, [tenantId, id]);
  return rows[0] ?? null;
}

export const sessionLookups: readonly LookupLoader[] = [
  {
    definition: liveSessions,
    load: loadParsedAtHead(
      'live_sessions',
      `coalesce((
         select json_agg(json_build_object('session_id', s.session_id, 'authenticator_id', s.authenticator_id,
                  'expires_at', to_char(s.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by s.session_id)
           from view.sessions s
          where s.tenant_id = $1 and $2::text is not null and s.status = 'active' and s.expires_at > now()), '[]')`,
    ),
  },
];
