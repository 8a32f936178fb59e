// What calls would have cost at the dearest of the models that could have been asked.
import { costOf, type Listed, priceOf, type PricedEndpoint } from './price.ts';

export interface TokenSums {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export interface Dearest {
  /** `<endpoint>/<model>` */
  readonly model: string;
  readonly micros: number;
}

export interface Offer {
  readonly endpoints: readonly (PricedEndpoint & { readonly name: string })[];
  readonly listed: readonly Listed[];
}

/** Null when none of them has a price. Of equal ones the first by name, so that the answer does not change by itself. */
export function dearestOf({ endpoints, listed }: Offer, tokens: TokenSums): Dearest | null {
  let dearest: Dearest | null = null;
  for (const endpoint of endpoints.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    for (const { name } of endpoint.models) {
      const price = priceOf(endpoint, name, listed);
      if (price === null) continue;
      const micros = costOf(price.rates, { ...tokens, reasoning: 0 });
      if (dearest === null || micros > dearest.micros) dearest = { model: `${endpoint.name}/${name}`, micros };
    }
  }
  return dearest;
}
