import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { test } from 'tap';
import { Type } from 'typebox';
import { clientTypesText } from '../../api/platform/client-types.ts';
import {
  clientTypesPath,
  documentedRoutes,
  errorsPath,
  errorsText,
  openApiPath,
  openApiText,
} from '../../api/platform/documents.ts';
import { inlineShapes } from '../../api/platform/named-shape.ts';
import { StoryReply } from '../../api/story-reply.ts';
import { breakingChanges } from '../../api/platform/breaking.ts';
import { route, templateOf } from '../../api/route.ts';
import { isTimestamp } from '../../kernel/timestamp.ts';
import { startTestApi } from './harness.ts';

type Json = Record<string, unknown>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}

async function readDocument(): Promise<Json> {
  return JSON.parse(await readFile(openApiPath, 'utf8')) as Json;
}

function operationsOf(document: Json): [string, Operation][] {
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

test('the committed OpenAPI document is the one that the routes make (npm run documents)', async (t) => {
  t.equal(await readFile(openApiPath, 'utf8'), await openApiText());
});

test('the committed list of error codes is the one that the code makes (npm run documents)', async (t) => {
  t.equal(await readFile(errorsPath, 'utf8'), errorsText());
});

test('the committed types of the client are those of the document (npm run documents)', async (t) => {
  t.equal(await readFile(clientTypesPath, 'utf8'), clientTypesText(await readDocument()));
});

test('a shape that many operations show stands in the document once', async (t) => {
  const document = await readDocument();
  const show = (place: Json): unknown => {
    const found = operationsOf(place).find(([name]) => name === 'POST /api/v1/stories/{story_id}/claim')?.[1];
    const answer = found?.responses['200'] as { content?: Record<string, { schema: unknown }> } | undefined;
    return answer?.content?.['application/json']?.schema;
  };
  t.same(show(document), { $ref: '#/components/schemas/StoryReply' });
  t.same(show(inlineShapes(document)), JSON.parse(JSON.stringify(StoryReply)));
  t.notMatch(JSON.stringify(inlineShapes(document)), '#/components/schemas/');
});

test('every reference of the document leads somewhere', async (t) => {
  const document = await readDocument();
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, place = '']) => place);
  t.ok(references.length > 1_000);
  for (const place of new Set(references)) {
    let found: unknown = document;
    for (const part of place.split('/')) found = (found as Json | undefined)?.[part];
    t.ok(found, place);
  }
});

test('the routes break nothing that the committed document promises', async (t) => {
  t.same(breakingChanges(await readDocument(), JSON.parse(await openApiText()) as Json), []);
});

test('the document lists exactly the routes that the server takes', async (t) => {
  const api = await startTestApi(t);
  const served = (await api.server.http.inject('/openapi.json')).json<Json>();
  const listed = operationsOf(served)
    .map(([place]) => place)
    .sort();
  const printed = api.server.http.printRoutes({ commonPrefix: false, includeMeta: false });
  const live = liveRoutes(printed)
    .filter((place) => !place.startsWith('HEAD '))
    .sort();
  t.same(listed, live);
  const routes = (await api.server.http.inject('/api/v1/routes')).json<{ data: { method: string; path: string }[] }>();
  t.same(routes.data.map(({ method, path }) => `${method} ${path}`).sort(), live);
});

/** Reads the tree that the router prints: one line a node, indented by its depth, methods in brackets. */
function liveRoutes(printed: string): string[] {
  const found: string[] = [];
  const parts: string[] = [];
  for (const line of printed.split('\n')) {
    const match = /^([│ ]*)(?:├──|└──) ?(\S*?)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (match === null) continue;
    const depth = (match[1] as string).length / 4;
    parts.splice(depth, parts.length, match[2] as string);
    for (const method of (match[3] ?? '').split(', ').filter((name) => name !== ''))
      found.push(`${method} ${templateOf(parts.join(''))}`);
  }
  return found;
}

test('every operation has an id of its own, a summary, a tag, an example and its problems', async (t) => {
  const operations = operationsOf(await readDocument());
  const ids = operations.map(([, { operationId }]) => operationId);
  t.equal(new Set(ids).size, ids.length);
  for (const [place, operation] of operations) {
    t.match(operation.operationId, /^[a-z][A-Za-z]+$/, place);
    t.ok(operation.summary.length > 0 && operation.tags.length > 0, place);
    t.ok(operation.responses['500'] && operation.responses['400'], `${place} names its problems`);
    if (operation.requestBody !== undefined)
      t.match(JSON.stringify(operation.requestBody), '"example":', `${place} body`);
    const success = Object.entries(operation.responses).find(([status]) => status.startsWith('2'));
    // A socket has no body to show.
    const bodiless = success?.[0] === '204' || (success === undefined && operation.responses['101'] !== undefined);
    if (!bodiless) t.match(JSON.stringify(success), '"example":', `${place} answer`);
  }
});

test('every string and every list that is declared has a limit', async (t) => {
  const document = await readDocument();
  const unlimited: string[] = [];
  visit(document, '', (schema, place) => {
    if (schema['type'] === 'string' && schema['enum'] === undefined && schema['maxLength'] === undefined)
      unlimited.push(place);
    if (schema['type'] === 'array' && schema['maxItems'] === undefined) unlimited.push(place);
  });
  t.same(unlimited, []);
});

function visit(value: unknown, place: string, look: (schema: Json, place: string) => void): void {
  if (value === null || typeof value !== 'object') return;
  if ('type' in value && !place.endsWith('/properties') && !/\/examples?(\/|$)/.test(place)) look(value, place);
  for (const [name, member] of Object.entries(value)) visit(member, `${place}/${name}`, look);
}

test('every example has the shape that it is an example of', (t) => {
  const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true, formats: { 'date-time': isTimestamp } });
  for (const { operation, body, query, params, response, examples, status } of documentedRoutes()) {
    const parts = [
      ['body', body, examples.body],
      ['query', query, examples.query ?? (query === undefined ? undefined : {})],
      ['params', params, examples.params],
      ['response', status === 204 || status === 101 ? undefined : response, examples.response],
    ] as const;
    for (const [part, shape, example] of parts) {
      if (shape === undefined) continue;
      const fits = ajv.compile(shape);
      t.ok(fits(example), `${operation} ${part}: ${ajv.errorsText(fits.errors)}`);
    }
  }
  t.end();
});

test('a route without a role cannot be declared', (t) => {
  const declaration = {
    method: 'GET',
    url: '/x',
    operation: 'x',
    summary: 'x',
    tags: ['x'],
    status: 200,
    response: Type.Null(),
    codes: [],
    examples: {},
    handler: () => ({ status: 200, body: '' }),
  } as const;
  t.throws(() => route(declaration as unknown as Parameters<typeof route>[0]), { message: 'GET /x names no role' });
  t.end();
});

test('every code that a route names exists', (t) => {
  for (const { operation, codes } of documentedRoutes()) {
    for (const code of codes) t.match(errorsText(), `\`${code}\``, `${operation} ${code}`);
  }
  t.end();
});

const small = {
  paths: {
    '/a/{id}': {
      post: {
        operationId: 'doA',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'q', in: 'query', schema: { enum: ['x', 'y'] } },
        ],
        requestBody: {
          content: {
            j: {
              schema: {
                type: 'object',
                required: ['m'],
                properties: { m: { type: 'string', maxLength: 9 }, o: { type: 'integer' } },
              },
            },
          },
        },
        responses: {
          '200': {
            content: {
              j: {
                schema: {
                  type: 'object',
                  required: ['r'],
                  properties: { r: { type: 'array', items: { type: 'string' } } },
                },
              },
            },
          },
        },
      },
    },
  },
};

test('a change that breaks callers is seen, and one that does not is not', (t) => {
  const change = (from: string, to: string) =>
    breakingChanges(small, JSON.parse(JSON.stringify(small).replace(from, to)) as Json);
  t.same(change('', ''), []);
  t.same(change('"/a/{id}"', '"/b/{id}"'), ['POST /a/{id} is gone']);
  t.same(change('doA', 'doB'), ['POST /a/{id} has another operationId']);
  t.same(change('"in":"query"', '"in":"query","required":true'), ['POST /a/{id} now requires query q']);
  t.same(change('["x","y"]', '["x"]'), ['POST /a/{id} query q does not accept y any more']);
  t.same(change('["x","y"]', '["x","y","z"]'), []);
  const repeated = (minItems: number) => `{"type":"array","minItems":${minItems},"items":{"enum":["x","y"]}}`;
  t.same(change('{"enum":["x","y"]}', repeated(1)), []);
  t.same(change('{"enum":["x","y"]}', repeated(1).replace('["x","y"]', '["x"]')), [
    'POST /a/{id} query q does not accept y any more',
  ]);
  t.equal(change('{"enum":["x","y"]}', repeated(2)).length, 1);
  t.same(change('["m"]', '["m","o"]'), ['POST /a/{id} body now requires o']);
  t.same(change('"maxLength":9', '"maxLength":8'), ['POST /a/{id} body.m has a lower maxLength']);
  t.same(change('"maxLength":9', '"maxLength":10'), []);
  t.same(change(',"o":{"type":"integer"}', ''), ['POST /a/{id} body does not take o any more']);
  t.same(change('"required":["r"],', ''), ['POST /a/{id} 200 does not always show r any more']);
  t.same(change('"items":{"type":"string"}', '"items":{"type":"integer"}'), [
    'POST /a/{id} 200.r[] is "integer" and was "string"',
  ]);
  t.same(change('"200"', '"202"'), ['POST /a/{id} does not answer 200 any more']);
  t.end();
});
