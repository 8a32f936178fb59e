// Every type of event that the log may hold, with its shape and an example of it, made from the streams themselves.
import type { TSchema } from 'typebox';
import type { StreamKind } from '../kernel/stream.ts';
import { registry } from '../projections/index.ts';
import { eventExample } from '../projections/event.ts';

export interface CatalogueEntry {
  readonly type: string;
  readonly stream: string;
  readonly schema: number;
  readonly summary: string;
  readonly shape: TSchema;
  /** Data of such an event. */
  readonly example: unknown;
}

/** One text for each pattern that events ask for; the first that fits is shown. */
const samples: readonly string[] = [
  'Orbit',
  '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01',
  '2026-01-02T03:04:05.678Z',
  'orbit',
  '0f'.repeat(32),
  'll_live_0000',
  '1.2',
  'test:api/story',
  'story.*',
  'https://hooks.example.org/loopledger',
  'anthropic/claude-sonnet-4-5',
  'A'.repeat(43),
  'ada@example.org',
  `log.example.org/log/0f\n1\n${'A'.repeat(43)}=\n\n\u2014 log.example.org/log/0f ${'A'.repeat(91)}=\n`,
  'A'.repeat(86),
  '00',
];

export const eventCatalogue: readonly CatalogueEntry[] = [...registry.streams.values()]
  .flatMap((stream) =>
    (stream as StreamKind<unknown>).events.map(({ type, schema, summary, shape }) => ({
      type,
      stream: stream.type,
      schema,
      summary,
      shape,
      example: exampleOf(shape as Shape),
    })),
  )
  .sort((one, other) => (one.type < other.type ? -1 : 1));

/** What is sent for such an event: the event of the feed in the envelope of Standard Webhooks. */
export function deliveryExample({ type, stream, schema, example }: CatalogueEntry): object {
  const { chain_hash: _chain, leaf_hash: _leaf, ...event } = eventExample;
  const data = { ...event, type, schema, data: example, stream: { ...event.stream, type: stream } };
  return { type, timestamp: event.recorded_at, data };
}

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
}

function exampleOf(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.anyOf !== undefined) return exampleOf(shape.anyOf[0] as Shape);
  if (shape.properties !== undefined) {
    return Object.fromEntries(Object.entries(shape.properties).map(([name, part]) => [name, exampleOf(part)]));
  }
  switch (shape.type) {
    case 'string':
      return textOf(shape);
    case 'array':
      return Array.from({ length: Math.max(shape.minItems ?? 0, 1) }, () => exampleOf(shape.items ?? {}));
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return {};
  }
}

function textOf({ pattern, minLength = 0, maxLength = Infinity }: Shape): string {
  const form = new RegExp(pattern ?? '', 'u');
  const found = samples.find((text) => form.test(text) && text.length >= minLength && text.length <= maxLength);
  return found ?? 'x'.repeat(minLength);
}
