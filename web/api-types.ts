// Makes the types of the API that the pages see out of docs/openapi.json: one member for each operation.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface Shape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly patternProperties?: Readonly<Record<string, Shape>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: Shape;
}

type Content = Readonly<Record<string, { readonly schema?: Shape }>>;

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> };
}

const shapePlace = '#/components/schemas/';

const source = path.resolve(import.meta.dirname, '../docs/openapi.json');
const target = path.resolve(import.meta.dirname, 'app/api/operations.ts');

export async function writeApiTypes(): Promise<void> {
  const document = JSON.parse(await readFile(source, 'utf8')) as Document;
  const operations = Object.entries(document.paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => memberOf(`${method.toUpperCase()} ${url}`, operation)),
  );
  const shapes = Object.entries(document.components.schemas).map(
    ([name, shape]) => `  ${JSON.stringify(name)}: ${typeOf(shape)};`,
  );
  const text = [
    '// Made from docs/openapi.json.',
    'export interface Shapes {',
    ...shapes,
    '}',
    '',
    'export interface Operations {',
    ...operations,
    '}',
    '',
  ].join('\n');
  await writeFile(target, text);
}

function memberOf(place: string, operation: Operation): string {
  const { parameters = [], requestBody, responses } = operation;
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const parts = [
    `params: ${parametersOf(parameters, 'path')}`,
    `query: ${parametersOf(parameters, 'query')}`,
    `body: ${contentOf(requestBody?.content)}`,
    `response: ${contentOf(success?.content)}`,
  ];
  return `  ${JSON.stringify(place)}: { ${parts.join('; ')} };`;
}

function parametersOf(parameters: readonly Parameter[], place: 'path' | 'query'): string {
  const members = parameters
    .filter((parameter) => parameter.in === place)
    .map(({ name, required, schema }) => `${JSON.stringify(name)}${required === true ? '' : '?'}: ${typeOf(schema)}`);
  return members.length === 0 ? 'undefined' : `{ ${members.join('; ')} }`;
}

function contentOf(content: Content | undefined): string {
  const shape = content?.['application/json']?.schema;
  return shape === undefined ? 'undefined' : typeOf(shape);
}

function typeOf(shape: Shape | undefined): string {
  if (shape === undefined) return 'unknown';
  if (shape.$ref?.startsWith(shapePlace) === true)
    return `Shapes[${JSON.stringify(shape.$ref.slice(shapePlace.length))}]`;
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum !== undefined) return shape.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return choices.map((choice) => `(${typeOf(choice)})`).join(' | ');
  if (shape.allOf !== undefined) return shape.allOf.map((part) => `(${typeOf(part)})`).join(' & ');
  if (Array.isArray(shape.type)) return shape.type.map((type: string) => typeOf({ ...shape, type })).join(' | ');
  return plainTypeOf(shape);
}

const plain: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

function plainTypeOf(shape: Shape): string {
  if (shape.type === 'array') return `readonly (${typeOf(shape.items)})[]`;
  if (shape.type === 'object') return objectOf(shape);
  return plain[shape.type as string] ?? 'unknown';
}

function objectOf({ properties = {}, required = [], additionalProperties, patternProperties = {} }: Shape): string {
  const members = Object.entries(properties).map(
    ([name, shape]) => `readonly ${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(shape)}`,
  );
  if (members.length > 0) return `{ ${members.join('; ')} }`;
  const [named] = Object.values(patternProperties);
  const others = named ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
  if (others !== undefined) return `Readonly<Record<string, ${typeOf(others)}>>`;
  return 'object';
}

if (import.meta.main) await writeApiTypes();
