// The OpenAPI document, made from the same declarations that the routes are registered from.
import type { TObject } from 'typebox';
import { describeRule } from '../../kernel/actor.ts';
import { refusalStatus } from '../../kernel/refusal.ts';
import { problemShape } from '../problem-shape.ts';
import { codeTable, commonCodes } from '../refusal-codes.ts';
import { paramNames, type Route, templateOf } from '../route.ts';
import { shareShapes } from './named-shape.ts';
import { deliverySchema, webhookSection } from './webhook-document.ts';

type Document = Record<string, unknown>;

const header = (description: string, schema: object) => ({ description, schema });
const textHeader = (description: string, maxLength = 200) => header(description, { type: 'string', maxLength });
const answerHeaders = {
  'Request-Id': textHeader('As sent, or made by the server'),
  ETag: textHeader('Version of the object: "v7"'),
  'Loopledger-Position': header('Position of the log that the answer reflects', { type: 'integer', minimum: 0 }),
  'Loopledger-Checkpoint': textHeader('The latest checkpoint, base64 of the signed note', 8_192),
  'Loopledger-Consistency': textHeader(
    'Proof from the checkpoint of the request to that one: hashes in base64, with commas between',
    4_096,
  ),
  'Idempotency-Replayed': textHeader('`true` when this is the answer to an earlier, equal request'),
  Location: textHeader('Of a new object', 500),
  Link: textHeader('The next page, `rel="next"`', 2_000),
  'RateLimit-Policy': textHeader('Quotas and their windows in seconds'),
  RateLimit: textHeader('What the tighter quota has left, and the seconds until its window ends'),
  'Retry-After': header('Seconds', { type: 'integer', minimum: 1 }),
};

const parameterTexts = {
  IdempotencyKey: [
    'Idempotency-Key',
    'Makes a repeat of this request harmless; made by the server when missing',
    { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  ],
  IfMatch: [
    'If-Match',
    'The strong ETag that the object must still have',
    { type: 'string', maxLength: 20, pattern: '^"v[1-9][0-9]*"$' },
  ],
  IfNoneMatch: [
    'If-None-Match',
    'Answers 304 while the object still has this ETag',
    { type: 'string', maxLength: 500 },
  ],
  Capability: [
    'Loopledger-Capability',
    'The capability that the act uses up; missing, the refusal says what it is',
    { type: 'string', minLength: 1, maxLength: 2_000, pattern: '^[\\x21-\\x7e]+$' },
  ],
  MinPosition: [
    'Loopledger-Min-Position',
    'Never answer from before this position',
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  ],
  SeenCheckpoint: [
    'Loopledger-Checkpoint',
    'The last checkpoint that the caller saw, as `size:root`; the answer proves that the log still continues it',
    { type: 'string', maxLength: 64, pattern: '^[1-9][0-9]{0,15}:[0-9A-Za-z+/]{43}=$' },
  ],
} as const;

const components = {
  securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `ll_live_…` or `ll_eph_…`' } },
  schemas: { Problem: problemShape, Delivery: deliverySchema },
  headers: answerHeaders,
  parameters: Object.fromEntries(
    Object.entries(parameterTexts).map(([name, [field, description, schema]]) => [
      name,
      { name: field, in: 'header', required: false, description, schema },
    ]),
  ),
};

export function openApiDocument(routes: readonly Route[], version: string): Document {
  const paths: Record<string, Record<string, unknown>> = {};
  const problems = usualProblems(routes);
  for (const route of routes) {
    const path = templateOf(route.url);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, problems) };
  }
  return shareShapes({
    openapi: '3.1.0',
    info: {
      title: 'Loopledger',
      version,
      summary: 'The ledger for AI development loops',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [...new Set(routes.flatMap((route) => route.tags))].sort().map((name) => ({ name })),
    paths,
    webhooks: webhookSection(),
    components: { ...components, responses: problems.responses },
  });
}

function operationOf(route: Route, problems: UsualProblems): Document {
  const role = route.role === 'public' ? 'Nobody has to say who they are.' : `Takes ${describeRule(route.role)}.`;
  return {
    operationId: route.operation,
    summary: route.summary,
    description: [route.description, role].filter((part) => part !== undefined).join('\n\n'),
    tags: route.tags,
    ...(route.role === 'public' ? { security: [] } : {}),
    'x-role': route.role === 'public' ? 'public' : describeRule(route.role),
    parameters: parametersOf(route),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route, route.body) }),
    responses: responsesOf(route, problems),
  };
}

function parametersOf(route: Route): unknown[] {
  const path = paramNames(route.url).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: route.params?.properties[name] ?? {},
    ...exampleOf(route.examples.params?.[name]),
  }));
  const query = Object.entries(route.query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: route.query?.required?.includes(name) ?? false,
    schema,
    ...exampleOf(route.examples.query?.[name]),
  }));
  const headers = headersOf(route).map((name) => ({ $ref: `#/components/parameters/${name}` }));
  return [...path, ...query, ...headers];
}

function headersOf(route: Route): (keyof typeof parameterTexts)[] {
  if (route.role === 'public') return [];
  return [
    ...(route.write ? (['IdempotencyKey', 'IfMatch'] as const) : (['IfNoneMatch', 'MinPosition'] as const)),
    ...(route.takesCapability === true ? (['Capability'] as const) : []),
    'SeenCheckpoint',
  ];
}

function exampleOf(example: unknown): Document {
  return example === undefined ? {} : { example };
}

function bodyOf(route: Route, shape: TObject): Document {
  return {
    required: (shape.required?.length ?? 0) > 0,
    content: { 'application/json': { schema: shape, ...exampleOf(route.examples.body) } },
  };
}

function responsesOf(route: Route, problems: UsualProblems): Document {
  const responses: Record<string, unknown> = { [route.status]: successOf(route) };
  if (!route.write && route.role !== 'public') responses['304'] = { description: 'The object still has that ETag' };
  for (const [status, codes] of codesByStatus(route)) responses[status] = problems.refer(status, codes);
  return responses;
}

function codesByStatus(route: Route): Map<number, string[]> {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...commonCodes(route), ...route.codes])) {
    const declared = codeTable[code];
    if (declared === undefined) throw new Error(`${route.operation} names an unknown code: ${code}`);
    const status = refusalStatus[declared.kind];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus.set(500, ['internal_error']);
}

interface UsualProblems {
  readonly responses: Document;
  /** The answer with these codes: its name where it is the usual one of its status. */
  refer(status: number, codes: readonly string[]): unknown;
}

/** Most routes refuse in the same words, so of each status the answer with the most frequent codes has a name. */
function usualProblems(routes: readonly Route[]): UsualProblems {
  const usual = new Map<number, readonly string[]>();
  for (const [status, counts] of Map.groupBy(
    routes.flatMap((route) => [...codesByStatus(route)]),
    ([one]) => one,
  )) {
    const groups = [...Map.groupBy(counts, ([, codes]) => keyOf(codes)).values()];
    const [most = []] = groups.toSorted((one, other) => other.length - one.length);
    if (most.length > 1) usual.set(status, most[0]?.[1] ?? []);
  }
  return {
    responses: Object.fromEntries([...usual].map(([status, codes]) => [`Refused${status}`, problemOf(codes)])),
    refer(status, codes) {
      const isUsual = keyOf(usual.get(status) ?? []) === keyOf(codes);
      return isUsual ? { $ref: `#/components/responses/Refused${status}` } : problemOf(codes);
    },
  };
}

function keyOf(codes: readonly string[]): string {
  return codes.toSorted().join();
}

function successOf(route: Route): Document {
  const { status, response, produces = 'application/json' } = route;
  const headers = Object.fromEntries(
    ['Request-Id', ...successHeaders(route)].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
  if (status === 204 || status === 101) return { description: 'Done', headers };
  return {
    description: route.summary,
    headers,
    content: {
      [produces]: { schema: response, ...exampleOf(route.examples.response) },
      ...Object.fromEntries(
        (route.alsoProduces ?? []).map((type) => [type, { schema: { type: 'string', maxLength: 10_000_000 } }]),
      ),
    },
  };
}

function successHeaders(route: Route): (keyof typeof answerHeaders)[] {
  if (route.role === 'public') return [];
  const always = [
    'Loopledger-Position',
    'Loopledger-Checkpoint',
    'Loopledger-Consistency',
    'RateLimit-Policy',
    'RateLimit',
  ] as const;
  if (!route.write) return [...always, 'ETag', 'Link'];
  return [...always, 'ETag', 'Idempotency-Replayed', ...(route.status === 201 ? (['Location'] as const) : [])];
}

function problemOf(codes: readonly string[]): Document {
  const retried = codes.some((code) => code === 'rate_limited' || code === 'overloaded');
  return {
    description: codes
      .toSorted()
      .map((code) => `\`${code}\``)
      .join(', '),
    headers: Object.fromEntries(
      ['Request-Id', ...(retried ? ['Retry-After'] : [])].map((name) => [
        name,
        { $ref: `#/components/headers/${name}` },
      ]),
    ),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
