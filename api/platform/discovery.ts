// What a newcomer asks first: where things are, what there is, and what a code means. No tenant's data is in any of it.
import { Type } from 'typebox';
import { hash } from 'node:crypto';
import { describeRule } from '../../kernel/actor.ts';
import { refusalStatus } from '../../kernel/refusal.ts';
import { NextActions, showAction, whoamiAction } from '../action.ts';
import type { Answer, Call } from '../call.ts';
import { matches } from '../present.ts';
import { codeTable } from '../refusal-codes.ts';
import { shellRefusals } from '../refusals.ts';
import { type Route, route, templateOf } from '../route.ts';
import { SignupOptionsBody } from '../signup.ts';
import { docsPolicy, docsPage } from './docs-page.ts';
import { openApiDocument } from './openapi.ts';

const publicCache = 'public, max-age=300';
const htmlType = 'text/html; charset=utf-8';
const Url = Type.String({ maxLength: 2_000 });

const DiscoveryView = Type.Object(
  {
    name: Type.String({ maxLength: 100 }),
    version: Type.String({ maxLength: 100 }),
    api: Url,
    openapi: Url,
    docs: Url,
    routes: Url,
    health: Url,
    errors: Url,
    authentication: Type.Object(
      {
        scheme: Type.Enum(['bearer']),
        key_prefixes: Type.Array(Type.String({ maxLength: 20 }), { maxItems: 10 }),
        signup: Url,
        login: Url,
        session: Url,
        step_up: Type.Object(
          {
            options: Url,
            header: Type.String({ maxLength: 100 }),
            how: Type.String({ maxLength: 500 }),
          },
          { additionalProperties: false },
        ),
      },
      { additionalProperties: false },
    ),
    conventions: Type.Object(
      { idempotency: Url, version: Url, position: Url, minimum_position: Url, request_id: Url, problems: Url },
      { additionalProperties: false },
    ),
    next_actions: NextActions,
  },
  { additionalProperties: false },
);

const RouteView = Type.Object(
  {
    method: Type.String({ maxLength: 10 }),
    path: Type.String({ maxLength: 500 }),
    operation: Type.String({ maxLength: 100 }),
    summary: Type.String({ maxLength: 500 }),
    role: Type.String({ maxLength: 100 }),
    tags: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 }),
  },
  { additionalProperties: false },
);
const RoutesView = Type.Object({ data: Type.Array(RouteView, { maxItems: 2_000 }) }, { additionalProperties: false });
const CodeView = Type.Object(
  {
    code: Type.String({ maxLength: 100 }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    title: Type.String({ maxLength: 200 }),
    remedy: Type.String({ maxLength: 1_000 }),
  },
  { additionalProperties: false },
);
const CodesView = Type.Object({ data: Type.Array(CodeView, { maxItems: 2_000 }) }, { additionalProperties: false });
const Free = Type.Object({}, { additionalProperties: true });

/** A document that is made once and served as it is. */
interface Page {
  readonly body: string;
  readonly type?: string;
  readonly headers: readonly string[];
  readonly etag: string;
}

function page(body: string, type?: string, headers: readonly string[] = []): Page {
  const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
  return { body, etag, headers: [...headers, 'etag', etag], ...(type === undefined ? {} : { type }) };
}

function show(call: Call, { body, etag, headers, type }: Page): Answer {
  const wanted = call.header('if-none-match');
  const unchanged = wanted !== undefined && matches(wanted, etag);
  const shared = { headers, cache: publicCache, ...(type === undefined ? {} : { type }) };
  return unchanged ? { ...shared, status: 304, body: '' } : { ...shared, status: 200, body };
}

export interface Discovery {
  readonly version: string;
  readonly publicUrl: string;
  /** Filled before the first request: the documents list the discovery routes themselves too. */
  readonly routes: readonly Route[];
}

export function discoveryRoutes(about: Discovery): Route[] {
  const pages = new Map<string, Page>();
  const once =
    (name: string, make: () => Page) =>
    (call: Call): Answer => {
      const known = pages.get(name) ?? make();
      pages.set(name, known);
      return show(call, known);
    };
  const shared = { method: 'GET', tags: ['platform'], role: 'public', status: 200, codes: [] } as const;
  return [
    route({
      ...shared,
      url: '/.well-known/loopledger',
      operation: 'discover',
      summary: 'Say where everything is',
      response: DiscoveryView,
      examples: { response: discoveryOf({ ...about, publicUrl: 'https://ledger.example' }) },
      handler: once('discovery', () => page(JSON.stringify(discoveryOf(about)))),
    }),
    route({
      ...shared,
      url: '/openapi.json',
      operation: 'getOpenApi',
      summary: 'Describe the API in OpenAPI 3.1',
      response: Free,
      examples: { response: { openapi: '3.1.0' } },
      handler: once('openapi', () => page(JSON.stringify(openApiDocument(about.routes, about.version)))),
    }),
    route({
      ...shared,
      url: '/docs',
      operation: 'getDocs',
      summary: 'Describe the API to people',
      response: Type.String({ maxLength: 10_000_000 }),
      produces: 'text/html',
      examples: { response: '<!doctype html>' },
      handler: once('docs', () =>
        page(docsPage(openApiDocument(about.routes, about.version)), htmlType, ['content-security-policy', docsPolicy]),
      ),
    }),
    route({
      ...shared,
      url: '/api/v1/routes',
      operation: 'listRoutes',
      summary: 'List every route and who may call it',
      response: RoutesView,
      examples: {
        response: {
          data: [
            {
              method: 'GET',
              path: '/livez',
              operation: 'getLiveness',
              summary: 'Tell whether the process turns',
              role: 'public',
              tags: ['platform'],
            },
          ],
        },
      },
      handler: once('routes', () => page(JSON.stringify({ data: about.routes.map(routeRow) }))),
    }),
    ...errorRoutes(),
  ];
}

function errorRoutes(): Route[] {
  const shared = { method: 'GET', tags: ['platform'], role: 'public', status: 200 } as const;
  const example = codeRow('rate_limited');
  return [
    route({
      ...shared,
      url: '/errors',
      operation: 'listErrorCodes',
      summary: 'List every code that a problem can have',
      response: CodesView,
      codes: [],
      examples: { response: { data: [example] } },
      handler: (call) => show(call, page(JSON.stringify({ data: allCodes().map(codeRow) }))),
    }),
    route({
      ...shared,
      url: '/errors/:code',
      operation: 'getErrorCode',
      summary: 'Explain one code of a problem',
      params: Type.Object({ code: Type.String({ minLength: 1, maxLength: 100, pattern: '^[a-z0-9_]+$' }) }),
      response: CodeView,
      codes: ['route_missing'],
      examples: { params: { code: 'rate_limited' }, response: example },
      handler: (call) => {
        if (!allCodes().includes(call.params.code))
          throw shellRefusals.refuse('route_missing', 'There is no such code.');
        return show(call, page(JSON.stringify(codeRow(call.params.code))));
      },
    }),
  ];
}

const internalError = {
  status: 500,
  title: 'Internal error',
  remedy: 'Repeat the request with the same Idempotency-Key; if it fails again, report the request id.',
};

export function allCodes(): string[] {
  return [...Object.keys(codeTable), 'internal_error'].sort();
}

export function codeRow(code: string) {
  const declared = codeTable[code];
  if (declared === undefined) return { code, ...internalError };
  return { code, status: refusalStatus[declared.kind], title: declared.title, remedy: declared.remedy };
}

function routeRow({ method, url, operation, summary, role, tags }: Route) {
  return {
    method,
    path: templateOf(url),
    operation,
    summary,
    role: role === 'public' ? role : describeRule(role),
    tags,
  };
}

const stepUpHow =
  'POST {method, path, body} of the request to `options`; let an authenticator answer the options of the answer ' +
  '(navigator.credentials.get); send the request with the header: base64url of the JSON {ceremony_id, response}.';

function discoveryOf({ version, publicUrl }: Discovery) {
  const at = (path: string) => `${publicUrl}${path}`;
  return {
    name: 'Loopledger',
    version,
    api: at('/api/v1'),
    openapi: at('/openapi.json'),
    docs: at('/docs'),
    routes: at('/api/v1/routes'),
    health: at('/health'),
    errors: at('/errors'),
    authentication: {
      scheme: 'bearer',
      key_prefixes: ['ll_live_', 'll_eph_'],
      signup: at('/api/v1/signup/options'),
      login: at('/api/v1/login/options'),
      session: at('/api/v1/session'),
      step_up: { options: at('/api/v1/step-up/options'), header: 'Loopledger-Step-Up', how: stepUpHow },
    },
    conventions: {
      idempotency: 'Idempotency-Key',
      version: 'If-Match',
      position: 'Loopledger-Position',
      minimum_position: 'Loopledger-Min-Position',
      request_id: 'Request-Id',
      problems: 'application/problem+json',
    },
    next_actions: [
      showAction(publicUrl, {
        action: 'open_signup',
        why: 'Begin to sign up: name a tenant, get what an authenticator answers',
        path: '/api/v1/signup/options',
        operation: 'openSignup',
        body: SignupOptionsBody,
      }),
      whoamiAction(publicUrl, { description: 'A key that you have' }),
    ],
  };
}
