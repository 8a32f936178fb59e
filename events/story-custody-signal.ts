// Signals: what an agent says that its work took. They decide nothing by themselves.
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const Amount = Type.Integer({ minimum: 0, maximum: 1_000_000_000 });

/** What is left out counts against the work, not as nothing. */
export const Signals = Type.Object(
  {
    tool_calls: Type.Optional(Amount),
    tokens: Type.Optional(Amount),
    tests_run: Type.Optional(Amount),
    seconds: Type.Optional(Amount),
  },
  { ...closed, description: 'What the work took; what is left out counts against it' },
);
export type Signals = Static<typeof Signals>;

export const Suspicion = Type.Integer({
  minimum: 0,
  maximum: 100,
  description: 'How little the work took beside what is usual in the tenant; from 50 on it is reviewed twice',
});

/** Of accepted work, so that what is usual is known from the facts alone. */
export const Took = Type.Object({ signals: Signals, criteria: Type.Integer({ minimum: 0, maximum: 100 }) }, closed);
