// A route is one declaration. Registration, role check, validation, OpenAPI and the route list all come from it.
import type { Static, TObject, TSchema } from 'typebox';
import type { RoleRule } from '../kernel/actor.ts';
import type { Answer, Call } from './call.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RouteExamples {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly response?: unknown;
}

interface Declaration {
  readonly method: Method;
  /** `/api/v1/projects/:project_id` */
  readonly url: string;
  /** The operationId: `createProject`. */
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly [string, ...string[]];
  /** Who may call. There is no default: a route without it does not compile and does not start. */
  readonly role: RoleRule | 'public';
  /** Of the success; a write may answer another 2xx by its own word. */
  readonly status: 101 | 200 | 201 | 202 | 204;
  readonly response: TSchema;
  /** Media type of the success. */
  readonly produces?: string;
  /** What else a caller may get by its Accept header. */
  readonly alsoProduces?: readonly string[];
  /** Codes of the refusals that this route has beyond those that every route has. */
  readonly codes: readonly string[];
  readonly examples: RouteExamples;
  readonly bodyLimitBytes?: number;
  /** A key of the platform may call it without saying in which tenant. */
  readonly tenantless?: true;
  /** It may use up a capability, which comes in a header. */
  readonly takesCapability?: true;
}

export interface RouteDeclaration<
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
> extends Declaration {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly handler: (call: Call<Static<Params>, Static<Query>, Static<Body>>) => Answer | Promise<Answer>;
}

/** A route without its types, as the registry holds it. */
export interface Route extends Declaration {
  readonly params: TObject | undefined;
  readonly query: TObject | undefined;
  readonly body: TObject | undefined;
  readonly write: boolean;
  readonly handler: (call: Call) => Answer | Promise<Answer>;
}

export function route<Params extends TObject, Query extends TObject, Body extends TObject>(
  declaration: RouteDeclaration<Params, Query, Body>,
): Route {
  if (declaration.role === undefined) throw new Error(`${declaration.method} ${declaration.url} names no role`);
  return {
    ...declaration,
    params: declaration.params,
    query: declaration.query,
    body: declaration.body,
    write: declaration.method !== 'GET',
    handler: declaration.handler as unknown as Route['handler'],
  };
}

/** `:project_id` as OpenAPI and RFC 6570 write it: `{project_id}`. */
export function templateOf(url: string): string {
  return url.replace(/:([a-z_]+)/g, '{$1}');
}

export function paramNames(url: string): string[] {
  return [...url.matchAll(/:([a-z_]+)/g)].map((match) => match[1] as string);
}
