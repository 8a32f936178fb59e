// What a call of a model costs, and the most that it can. A model whose price nobody told has none: it is not free.
import { type ModelAnswer, ModelFailure, type ModelMessage, type ModelRequest, type ModelTokens } from './port.ts';
import seed from './prices.json' with { type: 'json' };

/** In millionths of a dollar for a million tokens. */
export interface Rates {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

export interface Price {
  readonly rates: Rates;
  /** Names what a call was settled by; null where nothing is ever paid. */
  readonly version: string | null;
}

export interface PricedEndpoint {
  readonly id: string;
  readonly version: number;
  readonly kind: string;
  readonly base_url: string | null;
  readonly models: readonly { readonly name: string; readonly price: Rates | null }[];
}

export interface Listed extends Rates {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
}

/** Whose list prices hold for what is asked there. */
const homes: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/',
  anthropic: 'https://api.anthropic.com/',
};

/** The tenant's own price goes first, then the list of the platform, then the one that came with the software. */
export function priceOf(endpoint: PricedEndpoint, model: string, listed: readonly Listed[]): Price | null {
  const own = endpoint.models.find(({ name }) => name === model)?.price;
  if (own !== undefined && own !== null) {
    return { rates: own, version: `endpoint ${endpoint.id} v${endpoint.version}` };
  }
  if (endpoint.kind === 'scripted') return { rates: { input: 0, cached: 0, output: 0 }, version: null };
  const home = homes[endpoint.kind];
  if (home === undefined || endpoint.base_url?.startsWith(home) !== true) return null;
  const isIt = (one: { readonly provider: string; readonly model: string }): boolean =>
    one.provider === endpoint.kind && (one.model === model || one.model === undated(model));
  const noted = listed.find((one) => one.provider === endpoint.kind && one.model === model) ?? listed.find(isIt);
  if (noted !== undefined) return { rates: noted, version: `list ${noted.id}` };
  const first = seed.prices.find(isIt);
  return first === undefined ? null : { rates: first, version: `seed ${seed.dated}` };
}

/** A release of a model costs what the model costs: `gpt-4o-2024-08-06`, `claude-sonnet-4-5-20250929`. */
function undated(model: string): string {
  return model.replace(/-\d{4}-?\d{2}-?\d{2}$/, '');
}

/** Rounded up to a whole millionth. */
export function costOf(rates: Rates, { input, cached, output }: ModelTokens): number {
  const fresh = BigInt(input - cached) * BigInt(rates.input);
  return whole(fresh + BigInt(cached) * BigInt(rates.cached) + BigInt(output) * BigInt(rates.output));
}

/** Null when nobody knows: then it is what was held. */
export function costOfResult({ rates }: Price, result: ModelAnswer | ModelFailure): number | null {
  if (result.tokens !== null) return costOf(rates, result.tokens);
  return result instanceof ModelFailure && result.isFree ? 0 : null;
}

/** What a provider adds around a message, and what it makes of a shape. */
const tokensAround = 32;
const tokensOfShape = 2_048;

/** No token is less than a byte, and no answer is longer than was allowed. */
export function mostOf(rates: Rates, { messages, maxOutputTokens, shape, tools = [] }: ModelRequest): number {
  const said = messages.reduce((sum, message) => sum + bytesOf(message) + tokensAround, tokensAround);
  const formed = [...(shape === undefined ? [] : [shape]), ...tools].reduce(
    (sum, form) => sum + Buffer.byteLength(JSON.stringify(form)) + tokensOfShape,
    0,
  );
  const dearest = BigInt(Math.max(rates.input, rates.cached));
  return whole(BigInt(said + formed) * dearest + BigInt(maxOutputTokens) * BigInt(rates.output));
}

function bytesOf(message: ModelMessage): number {
  const calls = message.role === 'assistant' ? (message.calls ?? []) : [];
  const called = calls.reduce((sum, call) => sum + Buffer.byteLength(JSON.stringify(call)) + tokensAround, 0);
  return Buffer.byteLength(message.text) + called;
}

function whole(millionths: bigint): number {
  return Number((millionths + 999_999n) / 1_000_000n);
}
