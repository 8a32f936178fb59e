// Deliveries and their attempts as people read them.
import { type Static, Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import type { Database } from '../sql/database.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { greatestId, headPosition, leastId, type Listed, listQuery, type PageRequest, readPageOf } from './page.ts';

const closed = { additionalProperties: false } as const;
const nullable = <Shape extends Parameters<typeof Type.Union>[0][number]>(shape: Shape) =>
  Type.Union([shape, Type.Null()]);

export const DeliveryStatus = Type.Enum(['pending', 'delivered', 'failed', 'held']);

export const DeliveryView = Type.Object(
  {
    id: Id,
    webhook_id: Id,
    event_type: Type.String({ maxLength: 100 }),
    position: nullable(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    status: DeliveryStatus,
    attempts: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    created_at: Timestamp,
    due_at: nullable(Timestamp),
    ended_at: nullable(Timestamp),
  },
  closed,
);

const Headers = Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 500 }));
const Ms = Type.Number({ minimum: 0 });

export const AttemptView = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
    started_at: Timestamp,
    taken: Type.Boolean(),
    error: nullable(
      Type.Enum(['dns', 'tls', 'connect', 'timeout', 'ssrf', 'redirect', 'http_4xx', 'http_5xx', 'body', 'secret']),
    ),
    request: Type.Object({ url: Type.String({ maxLength: 2_000 }), headers: Headers }, closed),
    response: nullable(
      Type.Object(
        {
          status: Type.Integer({ minimum: 100, maximum: 999 }),
          headers: Headers,
          body: Type.String({ maxLength: 4_096, description: 'The beginning of it' }),
          truncated: Type.Boolean(),
        },
        closed,
      ),
    ),
    timings: Type.Object({ first_byte_ms: nullable(Ms), total_ms: Ms }, closed),
  },
  closed,
);

interface DeliveryRow extends Row {
  readonly id: string;
  readonly webhook_id: string;
  readonly event_type: string;
  readonly position: number | null;
  readonly status: string;
  readonly attempts: number;
  readonly created_at: string;
  readonly due_at: string | null;
  readonly ended_at: string | null;
}

const columns = `d.delivery_id as id, d.webhook_id, d.event_type, d.position as event_position, d.status, d.attempts,
       d.created_at, case when d.status = 'pending' then d.due_at end as due_at, d.ended_at`;

function deliveryText(row: DeliveryRow): string {
  const { id, webhook_id, event_type, event_position, status, attempts, created_at, due_at, ended_at } = row;
  return JSON.stringify({
    id,
    webhook_id,
    event_type,
    position: event_position,
    status,
    attempts,
    created_at,
    due_at,
    ended_at,
  });
}

const parent = `(select w.webhook_id from view.webhooks w
                  where w.tenant_id = $1 and w.webhook_id = $4::uuid and w.status <> 'deleted') as parent`;

export const deliveryFilters = {
  status: Type.Optional(DeliveryStatus),
  event_type: Type.Optional(Type.String({ maxLength: 100, pattern: '^[a-z][a-z_]*\\.[a-z][a-z_]*$' })),
  order: Type.Optional(Type.Enum(['oldest', 'newest'], { default: 'oldest', description: 'Which come first' })),
} as const;
interface DeliveryFilters {
  readonly status?: Static<typeof DeliveryStatus>;
  readonly event_type?: string;
  readonly order?: 'oldest' | 'newest';
}

const source = `from platform.webhook_deliveries d
          where d.tenant_id = $1 and d.webhook_id = $4::uuid and ($5::text is null or d.status = $5)
            and ($6::text is null or d.event_type = $6)`;
const ofWebhook = { parent, columns, source, order: ['id'] } as const;
const oldestFirst = listQuery({ ...ofWebhook, name: 'list_deliveries', after: 'd.delivery_id > $3::uuid' });
const newestFirst = listQuery({
  ...ofWebhook,
  name: 'list_deliveries_backwards',
  after: 'd.delivery_id < $3::uuid',
  backwards: true,
});

/** Null when there is no such webhook. */
export function listDeliveries(
  database: Database,
  tenantId: string,
  filters: DeliveryFilters & { readonly webhook_id: string },
  page: PageRequest,
): Promise<Listed | null> {
  const { webhook_id, status = null, event_type = null, order = 'oldest' } = filters;
  const [query, edge] = order === 'oldest' ? [oldestFirst, leastId] : [newestFirst, greatestId];
  const values = [page.after?.[0] ?? edge, webhook_id, status, event_type];
  return readPageOf(database, query, { tenantId, page, values, show: deliveryText });
}

export interface DeliveryName {
  readonly webhook_id: string;
  readonly delivery_id: string;
}

const byId = statement(
  'find_delivery',
  `select ${headPosition} as position, ${columns},
          coalesce((select json_agg(json_build_object('attempt', a.attempt, 'started_at',
                       to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'entry', a.entry) order by a.attempt)
                      from platform.webhook_attempts a
                     where a.tenant_id = $1 and a.delivery_id = d.delivery_id), '[]')::text as tried
     from platform.webhook_deliveries d
    where d.tenant_id = $1 and d.webhook_id = $2 and d.delivery_id = $3`,
);

export interface FoundDelivery {
  readonly position: number;
  readonly delivery: Static<typeof DeliveryView>;
  readonly attempts: readonly Static<typeof AttemptView>[];
}

export async function findDelivery(
  database: Database,
  tenantId: string,
  { webhook_id, delivery_id }: DeliveryName,
): Promise<FoundDelivery | null> {
  type Found = DeliveryRow & { readonly position: number; readonly tried: string };
  const [row] = await database.read<Found>(tenantId, byId, [tenantId, webhook_id, delivery_id]);
  if (row === undefined) return null;
  const tried = JSON.parse(row.tried) as { attempt: number; started_at: string; entry: string }[];
  return {
    position: row.position,
    delivery: JSON.parse(deliveryText(row)) as Static<typeof DeliveryView>,
    attempts: tried.map(({ attempt, started_at, entry }) => ({
      attempt,
      started_at,
      ...(JSON.parse(entry) as Omit<Static<typeof AttemptView>, 'attempt' | 'started_at'>),
    })),
  };
}

const replayStatement = statement(
  'replay_deliveries',
  'select platform.replay_deliveries($1, $2, $3, $4, $5, $6, $7) as count',
);
const testStatement = statement('put_test_delivery', 'select platform.put_test_delivery($1, $2, $3)');

export interface Replay {
  readonly webhook_id: string;
  /** Null for all of the time. */
  readonly delivery_id: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly statuses: readonly string[];
  readonly dry_run: boolean;
}

/** How many deliveries are sent again, or would be. */
export async function replayDeliveries(database: Database, tenantId: string, replay: Replay): Promise<number> {
  const { webhook_id, delivery_id, since, until, statuses, dry_run } = replay;
  const values = [tenantId, webhook_id, delivery_id, since, until, statuses, dry_run];
  const [row] = await database.platform<{ count: number }>(replayStatement, values);
  return row?.count ?? 0;
}

export async function putTestDelivery(database: Database, tenantId: string, name: DeliveryName): Promise<void> {
  await database.platform(testStatement, [tenantId, name.webhook_id, name.delivery_id]);
}
