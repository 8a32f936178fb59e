// Evaluation set: cases that agents are held against again and again. An edit makes another revision; none is forgotten.
import { type Static, Type } from 'typebox';
import { CaseName, EvaluationCase } from '../kernel/evaluation-case.ts';
import { Id, LongText, Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const maxCases = 200;
/** So that they fit into an entry of the log. */
export const casesAnEvent = 30;

export const evaluationSetFields = {
  name: Type.String({ ...Name, maxLength: 100 }),
  description: LongText,
  project_id: Type.Union([Id, Type.Null()]),
} as const;

export const EvaluationSetCreated = eventType(
  'evaluation_set.created',
  Type.Object(evaluationSetFields, closed),
  'An evaluation set was created.',
);
export const EvaluationSetChanged = eventType(
  'evaluation_set.changed',
  Type.Object({ description: evaluationSetFields.description }, closed),
  'The description of an evaluation set changed.',
);
export const EvaluationCasesRevised = eventType(
  'evaluation_set.cases_revised',
  Type.Object(
    {
      revision: Type.Integer({ minimum: 1 }),
      put: Type.Array(EvaluationCase, { maxItems: casesAnEvent }),
      dropped: Type.Array(CaseName, { maxItems: maxCases }),
    },
    closed,
  ),
  'Cases of an evaluation set were added, replaced or dropped. Several of these may make one revision.',
);
export const EvaluationSetArchived = eventType(
  'evaluation_set.archived',
  none,
  'An evaluation set was archived: nothing is evaluated by it.',
);
export const EvaluationSetRestored = eventType(
  'evaluation_set.restored',
  none,
  'An archived evaluation set was taken up again.',
);

/** By name. */
type Cases = Readonly<Record<string, EvaluationCase>>;

export interface EvaluationSet extends Static<typeof EvaluationSetCreated.shape> {
  readonly status: 'active' | 'archived';
  /** Of each revision, the first one first. */
  readonly revisions: readonly Cases[];
}

function revised(set: EvaluationSet, told: Static<typeof EvaluationCasesRevised.shape>): EvaluationSet {
  const { revision, put, dropped } = told;
  const earlier = set.revisions.slice(0, revision - 1);
  const from = set.revisions[revision - 1] ?? earlier.at(-1) ?? {};
  const gone = new Set(dropped);
  const kept = Object.entries(from).filter(([name]) => !gone.has(name));
  return { ...set, revisions: [...earlier, Object.fromEntries([...kept, ...put.map((one) => [one.name, one])])] };
}

export const evaluationSetStream = defineStream<EvaluationSet>('evaluation_set', [
  born(EvaluationSetCreated, (data) => ({ ...data, status: 'active', revisions: [] })),
  when(EvaluationSetChanged, (set, changes) => ({ ...set, ...changes })),
  when(EvaluationCasesRevised, revised),
  when(EvaluationSetArchived, (set) => ({ ...set, status: 'archived' })),
  when(EvaluationSetRestored, (set) => ({ ...set, status: 'active' })),
]);

/** In the order of their names; none of a revision that does not exist. */
export function casesOf({ revisions }: EvaluationSet, revision: number): EvaluationCase[] {
  return Object.values(revisions[revision - 1] ?? {}).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

export function caseOf({ revisions }: EvaluationSet, revision: number, name: string): EvaluationCase | undefined {
  const cases = revisions[revision - 1] ?? {};
  return Object.hasOwn(cases, name) ? cases[name] : undefined;
}
