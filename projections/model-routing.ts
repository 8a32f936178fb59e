// Model routing as people read it, and as whoever asks a model needs it.
import { type Static, Type } from 'typebox';
import { Timestamp } from '../kernel/shape.ts';
import { firstThresholds, modelRoutingStream, RoutingSettings, Thresholds } from '../events/model-routing.ts';
import { firstRouting } from '../policies/model-routing.ts';
import type { Database } from '../sql/database.ts';
import { rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { headPosition } from './page.ts';

export const ModelRoutingView = Type.Object(
  {
    version: Type.Integer({ minimum: 0, description: '0: nobody has said anything yet, and this is what holds' }),
    updated_at: Type.Union([Timestamp, Type.Null()]),
    ...RoutingSettings.properties,
    thresholds: Thresholds,
  },
  { additionalProperties: false },
);

export const modelRoutingInline = rowPerStream('model_routing', modelRoutingStream, (settings) => ({ settings }));

const current = statement(
  'find_model_routing',
  `select ${headPosition} as position, coalesce(r.version, 0) as version, r.updated_at, r.settings
     from (select 1) as always left join view.model_routings r on r.tenant_id = $1`,
);

interface RoutingRow extends Record<string, unknown> {
  readonly position: number;
  readonly version: number;
  readonly updated_at: string | null;
  /** JSON text. */
  readonly settings: string | null;
}

/** With what was not said. */
export function wholeRouting(said: RoutingSettings): RoutingSettings & { readonly thresholds: Thresholds } {
  return { ...said, thresholds: said.thresholds ?? firstThresholds };
}

export interface ReadRouting {
  readonly position: number;
  readonly view: Static<typeof ModelRoutingView>;
}

export async function readModelRouting(database: Database, tenantId: string): Promise<ReadRouting> {
  const [row] = await database.read<RoutingRow>(tenantId, current, [tenantId]);
  if (row === undefined) throw new Error('the routing answered nothing');
  const { position, version, updated_at, settings } = row;
  const said = settings === null ? firstRouting : (JSON.parse(settings) as RoutingSettings);
  return { position, view: { version, updated_at, ...wholeRouting(said) } };
}
