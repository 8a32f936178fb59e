// Speaks to the API of the server that the page came from, by the types of its OpenAPI document.
import type { Operations } from './operations.ts';
import { Problem } from './problem.ts';

export type Operation = keyof Operations;
export type Response<O extends Operation> = Operations[O]['response'];
type Item<O extends Operation> = Response<O> extends { readonly data: readonly (infer One)[] } ? One : never;

export type Authenticator = Item<'GET /api/v1/authenticators'>;
export type Key = Item<'GET /api/v1/keys'>;
export type SigningKey = Item<'GET /api/v1/signing-keys'>;
export type Dispatch = Item<'GET /api/v1/dispatches'>;
export type Agent = Item<'GET /api/v1/agents'>;
export type Halt = Response<'GET /api/v1/halt'>;
export type Session = Response<'GET /api/v1/session'>;
export type Webhook = Item<'GET /api/v1/webhooks'>;
export type WebhookHealth = Item<'GET /api/v1/webhooks/health'>;
export type Delivery = Item<'GET /api/v1/webhooks/{webhook_id}/deliveries'>;
export type TriedDelivery = Response<'GET /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}'>;
export type LogEvent = Item<'GET /api/v1/changes'>;

type Given<O extends Operation> = {
  readonly [
    Part in 'params' | 'query' | 'body' as undefined extends Operations[O][Part] ? never : Part
  ]: Operations[O][Part];
} & { readonly query?: Operations[O]['query'] };

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: unknown;
}

export type Call<O extends Operation> = readonly [operation: O, given: Given<O>];

export function requestOf<O extends Operation>(operation: O, given: Given<O>): Request {
  const { params = {}, query = {}, body } = given as unknown as Parts;
  const [method, template] = operation.split(' ') as [string, string];
  const path = template.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    // A list is a parameter that is repeated.
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one));
  }
  return { method, path: search.size === 0 ? path : `${path}?${search}`, body };
}

export async function send<O extends Operation>(operation: O, given: Given<O>): Promise<Response<O>> {
  return (await deliver(requestOf(operation, given))) as Response<O>;
}

export async function deliver(
  request: Request,
  headers: Readonly<Record<string, string>> = {},
  signal: AbortSignal | null = null,
): Promise<unknown> {
  const { method, path, body } = request;
  const answer = await fetch(path, {
    method,
    signal,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (answer.ok) return text === '' ? undefined : JSON.parse(text);
  throw problemOf(answer, text);
}

function problemOf(answer: globalThis.Response, text: string): Error {
  const type = answer.headers.get('content-type') ?? '';
  // Something between us and the server answered in its place.
  if (!type.startsWith('application/problem+json')) return new Error(`status ${answer.status}`);
  return new Problem(JSON.parse(text) as ConstructorParameters<typeof Problem>[0], answer.headers.get('request-id'));
}
