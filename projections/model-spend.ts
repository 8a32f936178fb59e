// What a tenant spent on models today. The days are those of UTC.
import { type Static, Type } from 'typebox';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { headPosition } from './page.ts';

const Micros = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Millionths of a US dollar',
});

export const SpendView = Type.Object(
  {
    day: Type.String({ minLength: 10, maxLength: 10 }),
    tenant_micros: Micros,
    held_micros: Micros,
  },
  { additionalProperties: false },
);

const today = statement(
  'model_spend_today',
  `select ${headPosition} as position, d.day,
          coalesce((select m.micros from platform.model_spend m
                     where m.tenant_id = $1 and m.scope = 'tenant ' || d.day), 0) as tenant_micros,
          coalesce((select sum(c.reserved) from platform.model_calls c
                     where c.tenant_id = $1 and c.settled is null and 'tenant ' || d.day = any (c.scopes)), 0)::bigint
            as held_micros
     from (select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD')) as d(day)`,
);

type SpendRow = Static<typeof SpendView> & { readonly position: number } & Record<string, unknown>;

export async function readSpend(database: Database, tenantId: string) {
  const [row] = await database.read<SpendRow>(tenantId, today, [tenantId]);
  if (row === undefined) throw new Error('the spending answered nothing');
  const { position, ...view } = row;
  return { position, view };
}
