// Model routing: which model a tenant's runs ask for what, and how much money that may take.
import { type Static, Type } from 'typebox';
import { defineStream, eventType } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

const ModelRef = Type.String({
  minLength: 3,
  maxLength: 200,
  pattern: '^[a-z0-9][a-z0-9-]{0,39}/[\\x21-\\x7e]{1,150}$',
  description: '`<endpoint>/<model>`',
});
const chain = (description: string) => Type.Array(ModelRef, { maxItems: 5, description });
const Cap = Type.Union([Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()], {
  description: 'Millionths of a US dollar; null is no cap',
});

const Score = Type.Number({ minimum: 0, maximum: 100 });
export const Thresholds = Type.Object(
  { medium: Score, hard: Score },
  {
    ...closed,
    description: 'Scores from which a task counts as medium or hard, when its text is judged without a model',
  },
);
export type Thresholds = Static<typeof Thresholds>;

/** What holds until somebody says otherwise. */
export const firstThresholds: Thresholds = { medium: 4, hard: 9 };

export const RoutingSettings = Type.Object(
  {
    complexity: Type.Object(
      {
        simple: chain('Asked for simple tasks: the first, or the next when it fails'),
        medium: chain('… for medium ones'),
        hard: chain('… for hard ones'),
      },
      closed,
    ),
    purposes: Type.Object(
      {
        classify: chain('Asked to judge how hard a task is; empty: by its complexity'),
        plan: chain('… to split it'),
        code: chain('… to write code'),
        review: chain('… to say what is wrong with it'),
      },
      { ...closed, description: 'These go before those by complexity' },
    ),
    caps: Type.Object({ call: Cap, run: Cap, project_day: Cap, tenant_day: Cap }, closed),
    thresholds: Type.Optional(Thresholds),
  },
  closed,
);
export type RoutingSettings = Static<typeof RoutingSettings>;

export const ModelRoutingSet = eventType(
  'model_routing.set',
  RoutingSettings,
  'It was said which models are asked, and what they may cost.',
);

/** Each time all of it is said, so the first event is like the others. */
export const modelRoutingStream = defineStream<RoutingSettings>('model_routing', [
  { kind: ModelRoutingSet, apply: (_state, data) => data as RoutingSettings },
]);
