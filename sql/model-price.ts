// The platform's list of prices: added to and never changed.
import { platformId } from '../kernel/actor.ts';
import { newId } from '../kernel/id.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

export interface ListedPrice {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  /** In millionths of a dollar for a million tokens. */
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

const addStatement = statement(
  'add_model_price',
  'select platform.add_model_price($1, $2, $3, $4, array[$5, $6, $7]::bigint[], $8)',
);
const inForce = statement(
  'model_prices_in_force',
  `select distinct on (p.provider, p.model) p.price_id as id, p.provider, p.model, p.input, p.cached, p.output
     from platform.model_prices p
    where p.tenant_id = $1 and p.valid_from <= clock_timestamp()
    order by p.provider, p.model, p.valid_from desc, p.price_id desc`,
);

export async function addModelPrice(
  database: Database,
  price: Omit<ListedPrice, 'id'> & { readonly validFrom: string },
): Promise<string> {
  const id = newId();
  const { provider, model, input, cached, output, validFrom } = price;
  await database.platform(addStatement, [platformId, id, provider, model, input, cached, output, validFrom]);
  return id;
}

export function readModelPrices(database: Database): Promise<readonly ListedPrice[]> {
  return database.read<ListedPrice & Record<string, unknown>>(platformId, inForce, [platformId]);
}
