// Which models a tenant's endpoints offered at which price, from time to time: what the log and the list of prices say of it.
import { platformId } from '../kernel/actor.ts';
import type { LoggedEvent } from '../kernel/event.ts';
import { type ModelEndpoint, modelEndpointStream } from '../events/model-endpoint.ts';
import type { Database } from '../sql/database.ts';
import { absent, type Entry, evolveEntry } from '../sql/memory.ts';
import type { ListedPrice } from '../sql/model-price.ts';
import { statement } from '../sql/statement.ts';

export interface OfferedEndpoint extends ModelEndpoint {
  readonly id: string;
  readonly version: number;
}

/** Holds from its time until that of the next one. */
export interface OfferAt {
  readonly from: string;
  readonly endpoints: readonly OfferedEndpoint[];
  readonly listed: readonly ListedPrice[];
}

const endpointEvents = statement(
  'model_endpoint_events',
  `select e.entry as text from ledger.events e
    where e.tenant_id = $1 and e.stream_type = 'model_endpoint' order by e.position`,
);
const listedUntil = statement(
  'model_prices_until',
  `select p.price_id as id, p.provider, p.model, p.input, p.cached, p.output, p.valid_from
     from platform.model_prices p where p.tenant_id = $1 and p.valid_from < $2::timestamptz
    order by p.valid_from, p.price_id`,
);

type DatedPrice = ListedPrice & { readonly valid_from: string };

export async function readModelOffers(
  database: Database,
  tenantId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly OfferAt[]> {
  const [rows, prices] = await Promise.all([
    database.read<{ text: string }>(tenantId, endpointEvents, [tenantId]),
    database.read<DatedPrice & Record<string, unknown>>(platformId, listedUntil, [platformId, to]),
  ]);
  const events = rows.map(({ text }) => JSON.parse(text) as LoggedEvent).filter(({ recorded_at }) => recorded_at < to);
  const changes = [...events.map(({ recorded_at }) => recorded_at), ...prices.map(({ valid_from }) => valid_from)];
  const times = [...new Set([from, ...changes.filter((time) => time > from)])].toSorted();
  const endpoints = new Map<string, Entry>();
  let folded = 0;
  return times.map((time) => {
    for (let event = events[folded]; event !== undefined && event.recorded_at <= time; event = events[folded]) {
      const { id } = event.stream;
      endpoints.set(id, evolveEntry(modelEndpointStream, endpoints.get(id) ?? absent, event, event.recorded_at));
      folded += 1;
    }
    return { from: time, endpoints: activeOf(endpoints), listed: inForce(prices, time) };
  });
}

function activeOf(entries: ReadonlyMap<string, Entry>): OfferedEndpoint[] {
  return [...entries]
    .map(([id, { state, version }]) => ({ ...(state as ModelEndpoint), id, version }))
    .filter(({ status }) => status === 'active');
}

/** Of each model the last one, the latest model first named last. */
function inForce(prices: readonly DatedPrice[], time: string): ListedPrice[] {
  const last = new Map(
    prices
      .filter(({ valid_from }) => valid_from <= time)
      .map((price): [string, DatedPrice] => [`${price.provider}/${price.model}`, price]),
  );
  return [...last.values()];
}
