// The types that clients/typescript publishes, made from the OpenAPI document: events by their type, and objects.
import { inlineShapes } from './named-shape.ts';
import { typeText, type Shape } from './type-text.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Sending }>>;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Sending {
  readonly summary: string;
  readonly requestBody: { readonly content: Content };
}

interface Content {
  readonly 'application/json'?: { readonly schema: Shape };
}

/** By the name that they have in a snapshot. */
const objects: readonly (readonly [name: string, path: string])[] = [
  ['Agent', '/api/v1/agents/{agent_id}'],
  ['Dispatch', '/api/v1/dispatches/{dispatch_id}'],
  ['Epic', '/api/v1/epics/{epic_id}'],
  ['Key', '/api/v1/keys/{key_id}'],
  ['Project', '/api/v1/projects/{project_id}'],
  ['Story', '/api/v1/stories/{story_id}'],
];

export function clientTypesText(document: Readonly<Record<string, unknown>>): string {
  const { paths, webhooks } = inlineShapes(document) as unknown as Document;
  const events = Object.entries(webhooks).map(
    ([type, { post }]) => `  /** ${post.summary} */\n  ${JSON.stringify(type)}: ${typeText(dataOf(post))};`,
  );
  const item = shownBy(paths, '/api/v1/changes').properties?.['data']?.items;
  const { type: _type, data: _data, ...frame } = item?.properties ?? {};
  const { required = [] } = item ?? {};
  return [
    '// Made from docs/openapi.json by `npm run documents`.',
    '',
    '/** What an event says, by its type. */',
    'export interface EventData {',
    ...events,
    '}',
    '',
    '/** What every event has beside its type and its data. */',
    `export type EventFrame = ${typeText({ type: 'object', properties: frame, required })};`,
    ...objects.flatMap(([name, path]) => ['', `export type ${name} = ${typeText(shownBy(paths, path))};`]),
    '',
  ].join('\n');
}

function shownBy(paths: Document['paths'], path: string): Shape {
  const shape = paths[path]?.['get']?.responses['200']?.content?.['application/json']?.schema;
  if (shape === undefined) throw new Error(`${path} answers nothing that has a shape`);
  return shape;
}

/** The second part of the body says what is particular to the type. */
function dataOf({ requestBody }: Sending): Shape {
  const data = requestBody.content['application/json']?.schema.allOf?.[1]?.properties?.['data']?.properties?.['data'];
  if (data === undefined) throw new Error('an event is sent whose data has no shape');
  return data;
}
