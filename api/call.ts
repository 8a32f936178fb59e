// One request on its way through the API, and the answer that ends it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '../kernel/actor.ts';
import type { Credential } from './http/authentication.ts';
import type { ApiContext } from './context.ts';
import { requestIdOf } from './http/request-id.ts';
import type { Route } from './route.ts';

export interface Answer {
  readonly status: number;
  /** JSON text unless `type` says otherwise; empty for 204 and 304. */
  readonly body: string;
  /** Takes the place of the body when it is not text. */
  readonly bytes?: Buffer;
  /** Takes the place of the body when it is too long to be held; an answer that breaks off is not ended well. */
  readonly stream?: AsyncIterable<string>;
  readonly type?: string;
  /** Names and values in turn, lower case, beside those that every answer has. */
  readonly headers?: readonly string[];
  /** Tenant data is never stored by anyone on the way; only public documents say otherwise. */
  readonly cache?: string;
}

/** A request before anything is known about it. */
export interface Wire {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly remote: { readonly ip: string };
}

export class Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly api: ApiContext;
  readonly route: Route;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** Looking through proxies costs more than the rest of the door, so it is only done for callers who failed. */
  readonly remote: { readonly ip: string };
  readonly requestId: string;
  readonly startedMs: number;
  credential: Credential | null = null;
  params!: Params;
  query!: Query;
  body!: Body;
  /** The text of the body as it was sent; what a repeated request is compared by. */
  bodyText = '';
  answered = false;
  working = false;

  constructor(api: ApiContext, route: Route, wire: Wire) {
    this.api = api;
    this.route = route;
    this.raw = wire.raw;
    this.response = wire.response;
    this.remote = wire.remote;
    this.requestId = requestIdOf(wire.raw.headers);
    this.startedMs = performance.now();
  }

  get tenantId(): string {
    return this.required.tenantId;
  }

  get actor(): Actor {
    return this.required.actor;
  }

  header(name: string): string | undefined {
    return this.raw.headers[name] as string | undefined;
  }

  /** From now on the caller is a person who confirmed this request. Other calls of the same credential are not. */
  confirm(step_up: NonNullable<Actor['step_up']>): void {
    const credential = this.required;
    this.credential = { ...credential, actor: { ...credential.actor, step_up } };
  }

  private get required(): Credential {
    if (this.credential === null) throw new Error('a public route asked who is calling');
    return this.credential;
  }
}
