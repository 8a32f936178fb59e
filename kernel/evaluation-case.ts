// A case of an evaluation set: what is asked of agents, and what is expected of the run that answers it.
import { type Static, Type } from 'typebox';
import { Content } from './content.ts';

const closed = { additionalProperties: false } as const;

/** What a run does, in the words of its steps. */
export const runSteps = ['classify', 'plan', 'code', 'merge', 'execute', 'review', 'repair'] as const;
const RunStep = Type.Enum([...runSteps]);
export type RunStep = (typeof runSteps)[number];
export const SeenSteps = Type.Array(RunStep, { maxItems: 200 });

export const scoreParts = ['completion', 'steps', 'cost', 'loops'] as const;
export type ScorePart = (typeof scoreParts)[number];

/** How a run may be meant to end. Ends that are the fault of the server are none of them. */
const expectedOutcomes = [
  'solved',
  'attempts',
  'stuck',
  'low_confidence',
  'budget',
  'deadline',
  'model_error',
  'plan_invalid',
  'tests_invalid',
] as const;

const Weight = Type.Integer({ minimum: 0, maximum: 100 });
const Weights = Type.Object({ completion: Weight, steps: Weight, cost: Weight, loops: Weight }, closed);
export type Weights = Static<typeof Weights>;
const firstWeights: Weights = { completion: 3, steps: 1, cost: 1, loops: 1 };

const ExpectedSteps = Type.Object(
  {
    expected: Type.Array(RunStep, {
      maxItems: 40,
      description: 'What the run is to do; other steps are as good as none',
    }),
    in_order: Type.Boolean({ description: 'Whether they are to come in this order' }),
    never: Type.Array(RunStep, { maxItems: 7, description: 'Each time that the run does one of these takes away' }),
  },
  closed,
);

const nullable = <Shape extends Parameters<typeof Type.Union>[0][number]>(shape: Shape) =>
  Type.Union([shape, Type.Null()]);

/** As in a path of a URL. */
export const CaseName = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$',
});

const expectationFields = {
  outcome: Type.Enum([...expectedOutcomes]),
  steps: nullable(ExpectedSteps),
  budget_micros: nullable(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'What the run should cost at most, in millionths of a US dollar',
    }),
  ),
  max_candidates: nullable(Type.Integer({ minimum: 1, maximum: 100, description: 'More of them are too many' })),
  max_calls: nullable(Type.Integer({ minimum: 1, maximum: 1_000, description: 'More calls of models are too many' })),
  weights: Weights,
} as const;

const Expectation = Type.Object(expectationFields, closed);
export type Expectation = Static<typeof Expectation>;

export const EvaluationCase = Type.Object(
  {
    name: CaseName,
    language: Type.Enum(['python', 'javascript']),
    prompt: Content,
    tests: nullable(Content),
    ...expectationFields,
  },
  closed,
);
export type EvaluationCase = Static<typeof EvaluationCase>;

/** As it is told: what is left out is not expected. */
export const ToldExpectation = {
  outcome: Type.Optional(expectationFields.outcome),
  steps: Type.Optional(
    nullable(
      Type.Object(
        {
          expected: Type.Optional(ExpectedSteps.properties.expected),
          in_order: Type.Optional(ExpectedSteps.properties.in_order),
          never: Type.Optional(ExpectedSteps.properties.never),
        },
        closed,
      ),
    ),
  ),
  budget_micros: Type.Optional(expectationFields.budget_micros),
  max_candidates: Type.Optional(expectationFields.max_candidates),
  max_calls: Type.Optional(expectationFields.max_calls),
  weights: Type.Optional(Type.Partial(Weights, closed)),
} as const;

const Told = Type.Object(ToldExpectation, closed);

export function expectationOf(told: Static<typeof Told>): Expectation {
  const { steps = null, weights } = told;
  return {
    outcome: told.outcome ?? 'solved',
    steps:
      steps === null
        ? null
        : { expected: steps.expected ?? [], in_order: steps.in_order ?? true, never: steps.never ?? [] },
    budget_micros: told.budget_micros ?? null,
    max_candidates: told.max_candidates ?? null,
    max_calls: told.max_calls ?? null,
    weights: { ...firstWeights, ...weights },
  };
}

/** Why nothing could be scored by it; null when something can. */
export function faultOf({ steps, weights }: Expectation): string | null {
  if (scoreParts.every((part) => weights[part] === 0)) return 'All of its weights are 0.';
  if (steps === null) return null;
  if (steps.expected.length + steps.never.length === 0) return 'Its steps name none.';
  const both = steps.never.find((step) => steps.expected.includes(step));
  return both === undefined ? null : `It expects ${both} and wants it never.`;
}
