// Values made from the shapes that routes declare: whole ones, and the places in them that take free text or an id.
import { Ajv, type ValidateFunction } from 'ajv';
import { isTimestamp } from '../../kernel/timestamp.ts';
import { uuidPattern } from '../../kernel/id.ts';

/** The part of JSON Schema that the routes use. */
export interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Leaf {
  readonly path: readonly (string | number)[];
  readonly shape: Shape;
}

const ajv = new Ajv({ strict: false, coerceTypes: false, formats: { 'date-time': isTimestamp } });
const compiled = new WeakMap<object, ValidateFunction>();

export function fits(shape: Shape, value: unknown): boolean {
  const validate = compiled.get(shape) ?? ajv.compile(shape);
  compiled.set(shape, validate);
  return validate(value);
}

export function isIdShape(shape: Shape): boolean {
  return shape.pattern === uuidPattern;
}

/** Every place that holds no further places; of an array, its first item stands for all. */
export function leavesOf(shape: Shape, path: readonly (string | number)[] = []): Leaf[] {
  if (shape.properties !== undefined) {
    return Object.entries(shape.properties).flatMap(([name, part]) => leavesOf(part, [...path, name]));
  }
  if (shape.type === 'array' && shape.items !== undefined) return leavesOf(shape.items, [...path, 0]);
  const choices = shape.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  if (choices.length === 1) return leavesOf(choices[0] as Shape, path);
  return [{ path, shape }];
}

/** The text in the form that the place asks for, or null where free text has no place. */
export function textFor({ shape }: Leaf, text: string): string | null {
  if (shape.enum !== undefined || shape.const !== undefined || isIdShape(shape)) return null;
  const forms = [text, `test:${text}`, text.slice(0, shape.maxLength)];
  return forms.find((form) => form.includes(text) && fits(shape, form)) ?? null;
}

/** What `special` answers to leave an optional place out. */
export const leftOut = Symbol('left out');

/** A value of the shape. `special` answers for places that the caller knows better; the others get something plain. */
export function makeValue(
  shape: Shape,
  special: (leaf: Leaf, isRequired: boolean) => unknown,
  path: readonly (string | number)[] = [],
  isRequired = true,
): unknown {
  if (shape.properties !== undefined) {
    const members = Object.entries(shape.properties).map(([name, part]) => [
      name,
      makeValue(part, special, [...path, name], shape.required?.includes(name) ?? false),
    ]);
    return Object.fromEntries(members.filter(([, value]) => value !== leftOut));
  }
  if (shape.type === 'array') {
    const item = makeValue(shape.items ?? {}, special, [...path, 0], isRequired);
    return item === leftOut ? leftOut : [item];
  }
  const choices = shape.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  if (choices.length > 0) return makeValue(choices[0] as Shape, special, path, isRequired);
  const known = special({ path, shape }, isRequired);
  return known === undefined ? plainValue(shape) : known;
}

const texts: readonly string[] = [
  'plain',
  'plain@example.org',
  '/plain',
  'https://plain.example',
  'a'.repeat(64),
  '1.1',
  'test:plain',
  'story.*',
  'now',
  '2026-01-02T03:04:05.678Z',
  'story:0198f1ff-0000-7000-8000-000000000002',
  '0198f1ff-0000-7000-8000-000000000002',
  '1',
  '#plain',
  'plain/model',
  `plain\n1\n${'A'.repeat(43)}=\n\n\u2014 plain AAAA\n`,
];

function plainValue(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.type === 'integer' || shape.type === 'number')
    return Math.max(shape.minimum ?? 0, Math.min(shape.maximum ?? 3, 3));
  if (shape.type === 'boolean') return true;
  if (shape.type === 'null') return null;
  // Names that whoever asks may choose, or none.
  if (shape.type === 'object') return {};
  const text = texts.find((candidate) => fits(shape, candidate));
  if (text === undefined) throw new Error(`no example fits ${JSON.stringify(shape)}`);
  return text;
}

/** A copy of the value with one place changed. */
export function withValue(value: unknown, path: readonly (string | number)[], leaf: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  if (Array.isArray(value)) return value.map((item: unknown, at) => (at === step ? withValue(item, rest, leaf) : item));
  const members = (value ?? {}) as Record<string, unknown>;
  return { ...members, [step]: withValue(members[step], rest, leaf) };
}
