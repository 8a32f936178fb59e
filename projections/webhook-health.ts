// How webhooks fare right now: no events, so no view of the log.
import { Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';

const closed = { additionalProperties: false } as const;
const Moment = Type.Union([Timestamp, Type.Null()]);
const counted = 200;
const Count = Type.Integer({ minimum: 0, maximum: counted });

export const WebhookHealthView = Type.Object(
  {
    webhook_id: Id,
    breaker: Type.Enum(['closed', 'open', 'probing'], {
      description: 'Open: nothing is sent until `probe_at`. Probing: one delivery finds out.',
    }),
    probe_at: Moment,
    failures_in_row: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
    failing_since: Moment,
    recent: Type.Object(
      { delivered: Count, failed: Count, held: Count, pending: Count },
      { ...closed, description: `Of the last ${counted} deliveries` },
    ),
  },
  closed,
);

const ofTenant = statement('webhook_health', 'select head as position, health::text from platform.webhook_health($1)');

/** JSON text. */
interface WebhookHealth {
  readonly position: number;
  readonly health: string;
}

export async function readWebhookHealth(database: Database, tenantId: string): Promise<WebhookHealth> {
  const [row] = await database.platform<WebhookHealth & Record<string, unknown>>(ofTenant, [tenantId]);
  if (row === undefined) throw new Error('the health of webhooks answered nothing');
  return row;
}
