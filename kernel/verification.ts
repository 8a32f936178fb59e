// What a verification by running is asked and says: shapes that a project, a story and a run have in common.
import { type Static, Type } from 'typebox';
import { Content } from './content.ts';
import { Id } from './shape.ts';

const closed = { additionalProperties: false } as const;

/** A branch, or a commit by its whole hash. */
const GitRef = Type.String({
  pattern: '^[A-Za-z0-9_](?:[A-Za-z0-9_-]|[./](?=[A-Za-z0-9_-])){0,198}$',
  minLength: 1,
  maxLength: 199,
});
export const wholeHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export const Verification = Type.Object(
  {
    mode: Type.Enum(['attested', 'executed'], {
      description:
        '`executed`: what is handed in is fetched and its tests are run; `attested`: the word of the verifier',
    }),
    git_remote: Type.String({
      pattern: '^(?:https|file)://[!-~]{1,1990}$',
      minLength: 8,
      maxLength: 2_000,
      description: 'Where commits are fetched from, by https and without credentials',
    }),
    tests_ref: Type.String({ ...GitRef, description: 'A branch or commit that those who do the work cannot write' }),
    tests_folder: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]{0,49}(?:/[A-Za-z0-9_][A-Za-z0-9_-]{0,49}){0,3}$',
      minLength: 1,
      maxLength: 203,
      description: 'Of `tests_ref`; it takes the place of the same folder in what is handed in',
    }),
    base: Type.Enum(['none', 'parent', 'tests_ref'], {
      description: 'On which commit at least one of the tests that are bound must fail, so that the work shows',
    }),
    runner: Type.Enum(['unittest', 'pytest', 'node']),
  },
  closed,
);
export type Verification = Static<typeof Verification>;

const Criterion = Type.Object(
  {
    binding: Type.Union([Type.String({ maxLength: 520 }), Type.Null()]),
    /** What the verifier says of a criterion that no machine checks. */
    note: Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()]),
  },
  closed,
);

/** All that a verification depends on, as it was when it was asked for. */
export const VerificationOrder = Type.Object(
  {
    ...Verification.properties,
    story_id: Id,
    commit: Type.String({ pattern: '^(?:[0-9a-f]{40}|[0-9a-f]{64})$', maxLength: 64 }),
    /** Which claim of the story it is about. */
    cycle: Type.Integer({ minimum: 1 }),
    criteria_revision: Type.Integer({ minimum: 1 }),
    criteria: Type.Array(Criterion, { maxItems: 100 }),
  },
  closed,
);
export type VerificationOrder = Static<typeof VerificationOrder>;

export const Reasons = Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
  maxItems: 50,
  description: 'What speaks against it; nothing when it passed',
});

export const Judgement = Type.Object(
  {
    is_passed: Type.Boolean(),
    reasons: Reasons,
    /** The signed statement. */
    statement: Content,
  },
  closed,
);
export type Judgement = Static<typeof Judgement>;
