// A client that knows one address and how actions are written, and nothing else of the API: what there is to do, where, and
// what has to be said, it learns from the answers.
import { randomBytes } from 'node:crypto';
import type { CreationOptions, RequestOptions, SoftAuthenticator } from '../../boot/software-authenticator.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Json } from '../../kernel/event.ts';

interface From {
  readonly get?: string;
  readonly post?: string;
  readonly body?: object;
  readonly pointer: string;
  readonly as?: string;
}

interface Field {
  readonly value?: unknown;
  readonly from?: From;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

interface Header {
  readonly prefix?: string;
  readonly from?: From;
}

export interface Action {
  readonly action: string;
  readonly method: string;
  readonly path: string;
  readonly path_fields: Readonly<Record<string, Field>>;
  readonly required_body: Readonly<Record<string, Field>> | null;
  readonly headers: Readonly<Record<string, Header>>;
  readonly step_up: boolean;
}

type Answer = Readonly<Record<string, unknown>> & { readonly next_actions?: readonly Action[] };
/** What the client itself wants to say, by the names of fields. */
export type Wish = Readonly<Record<string, unknown>>;

interface StepUp {
  readonly options: string;
  readonly header: string;
}

/** By how many digits it goes on after a letter: fits names, slugs, commits, addresses, sentences. */
function words(): string[] {
  const some = randomBytes(8).toString('hex');
  return [`a${some}`, `a${some}@example.com`, `https://example.com/${some}`];
}

export class Newcomer {
  private readonly origin: string;
  private readonly authenticator: SoftAuthenticator;
  private stepUp: StepUp | null = null;
  private authorization: string | null = null;
  /** The action that tells what to do when an answer leads nowhere. */
  private home: Action | null = null;
  answer: Answer = {};

  constructor(origin: string, authenticator: SoftAuthenticator) {
    this.origin = origin;
    this.authenticator = authenticator;
  }

  async arrive(): Promise<void> {
    this.answer = await this.send('GET', '/.well-known/loopledger', undefined, {});
    this.stepUp = (this.answer['authentication'] as { readonly step_up: StepUp }).step_up;
  }

  /** Another one, who was given what this one was answered. */
  handOver(): Newcomer {
    const other = new Newcomer(this.origin, this.authenticator);
    other.answer = this.answer;
    return other;
  }

  get offered(): string[] {
    return (this.answer.next_actions ?? []).map(({ action }) => action);
  }

  /** Does what is offered under that name: by the answer at hand, or by the one that it began from. */
  async do(name: string, wish: Wish = {}): Promise<Answer> {
    if (!this.offered.includes(name) && this.home !== null) await this.perform(this.home, {});
    const action = this.answer.next_actions?.find((one) => one.action === name);
    if (action === undefined) throw new Error(`${name} is not offered, but ${this.offered.join(', ')}`);
    await this.perform(action, wish);
    return this.answer;
  }

  private async perform(action: Action, wish: Wish): Promise<void> {
    const { method, required_body } = action;
    const chosen: Record<string, string> = {};
    for (const [name, field] of Object.entries(action.path_fields)) {
      chosen[name] = String(await this.fill(name, field, { wish, chosen }));
    }
    const path = fillPath(action.path, chosen);
    const body = required_body === null ? undefined : await this.fillAll(required_body, { wish, chosen });
    const headers = await this.headersOf(action, chosen);
    if (action.step_up) Object.assign(headers, await this.confirm({ method, path, body }));
    this.answer = await this.send(method, path, body, headers);
  }

  /** The key that an action names is the one that it goes on with, and the action tells where to go back to. */
  private async headersOf(action: Action, chosen: Chosen): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    for (const [name, { prefix = '', from }] of Object.entries(action.headers)) {
      if (from === undefined) continue;
      const value = `${prefix}${String(await this.find(from, {}, chosen))}`;
      if (name.toLowerCase() !== 'authorization') headers[name] = value;
      else [this.authorization, this.home] = [value, { ...action, headers: {} }];
    }
    return headers;
  }

  private async confirm(request: object): Promise<Record<string, string>> {
    if (this.stepUp === null) throw new Error('nobody told how a request is confirmed');
    const { options, header } = this.stepUp;
    const begun = await this.send('POST', options, request, {});
    const response = this.authenticator.assert(begun['options'] as RequestOptions);
    const answer = JSON.stringify({ ceremony_id: begun['ceremony_id'], response });
    return { [header]: Buffer.from(answer).toString('base64url') };
  }

  private async fillAll(fields: Readonly<Record<string, Field>>, given: Given): Promise<Record<string, unknown>> {
    const body: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) body[name] = await this.fill(name, field, given);
    return body;
  }

  private async fill(name: string, field: Field, given: Given): Promise<unknown> {
    if ('value' in field) return field.value;
    if (field.from !== undefined) return this.find(field.from, { name, wish: given.wish }, given.chosen);
    if (name in given.wish) return given.wish[name];
    if (field.enum !== undefined) return field.enum[0];
    if (field.type === 'integer') return field.minimum ?? 0;
    if (field.type === 'array') {
      const items = Array.from({ length: field.minItems ?? 0 }, () => this.fill(name, field.items as Field, given));
      return Promise.all(items);
    }
    if (field.type === 'object') {
      const must = Object.entries(field.properties ?? {}).filter(([member]) => field.required?.includes(member));
      return this.fillAll(Object.fromEntries(must), given);
    }
    const word = words().find((one) => new RegExp(field.pattern ?? '', 'u').test(one));
    if (word === undefined) throw new Error(`nothing to say for ${name}: ${JSON.stringify(field)}`);
    return word;
  }

  private async find(from: From, { name, wish }: { name?: string; wish?: Wish }, chosen: Chosen): Promise<unknown> {
    const { get, post, body, pointer, as } = from;
    const path = post ?? get;
    const asked = post === undefined ? 'GET' : 'POST';
    const answer = path === undefined ? this.answer : await this.send(asked, fillPath(path, chosen), body, {});
    const candidates = pointedAt(answer, pointer.split('/').slice(1));
    const wished = name === undefined ? undefined : wish?.[name];
    const value = wished === undefined ? candidates[0] : candidates.find((one) => one === wished);
    if (value === undefined) throw new Error(`nothing to choose for ${name ?? pointer} from ${path ?? 'the answer'}`);
    if (as === 'count') return (value as unknown[]).length;
    if (as === 'sha256_of_canonical_json') return digestOf(canonicalJson(value as Json));
    if (as === 'new_credential') return this.authenticator.register(value as CreationOptions);
    return value;
  }

  private async send(
    method: string,
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    // Where the server says that it is may be the place of a proxy.
    const { pathname, search } = new URL(path, this.origin);
    const response = await fetch(this.origin + pathname + search, {
      method,
      headers: {
        ...(this.authorization === null ? {} : { authorization: this.authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }
}

type Chosen = Readonly<Record<string, string>>;
interface Given {
  readonly wish: Wish;
  readonly chosen: Chosen;
}

function fillPath(path: string, chosen: Chosen): string {
  return path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(chosen[name] ?? ''));
}

function pointedAt(value: unknown, steps: readonly string[]): unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  const members = value as Record<string, unknown>;
  const next = step === '*' ? Object.values(members) : [members[step.replaceAll('~1', '/').replaceAll('~0', '~')]];
  return next.filter((one) => one !== undefined).flatMap((one) => pointedAt(one, rest));
}
