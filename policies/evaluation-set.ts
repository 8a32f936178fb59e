// Who may say what agents are held against, and what an evaluation set must be for it.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition, World } from '../kernel/command.ts';
import type { Loaded } from '../kernel/event.ts';
import { type EvaluationCase, faultOf } from '../kernel/evaluation-case.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { type EvaluationSet, EvaluationSetCreated, evaluationSetStream, maxCases } from '../events/evaluation-set.ts';

export const evaluationSetRules = {
  read: { atLeast: 'agent' },
  /** Prompts with their tests: whoever works on them could write code to please those. */
  readCases: { atLeast: 'orchestrator' },
  write: { atLeast: 'orchestrator' },
  archive: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

export const evaluationSetRefusals = defineRefusals({
  evaluation_set_not_found: {
    kind: 'missing',
    title: 'No such evaluation set',
    remedy: 'List the evaluation sets with GET /api/v1/evaluation-sets.',
  },
  evaluation_set_archived: {
    kind: 'conflict',
    title: 'The evaluation set is archived',
    remedy: 'Restore it with POST /api/v1/evaluation-sets/{evaluation_set_id}/restore, or use another one.',
  },
  evaluation_set_name_taken: {
    kind: 'conflict',
    title: 'Another evaluation set has this name',
    remedy: 'Choose another name, or revise that set with PATCH /api/v1/evaluation-sets/{evaluation_set_id}.',
  },
  evaluation_cases_invalid: {
    kind: 'rejected',
    title: 'The cases do not hold together',
    remedy: 'Give each case a name of its own, a weight above 0, and steps that it does not want and shun at once.',
  },
  evaluation_revision_not_found: {
    kind: 'missing',
    title: 'The evaluation set has no such revision',
    remedy: 'Leave `revision` out for the last one.',
  },
  evaluation_case_not_found: {
    kind: 'missing',
    title: 'The revision has no such case',
    remedy: 'List them with GET /api/v1/evaluation-sets/{evaluation_set_id}/cases?revision=1.',
  },
});

const { refuse } = evaluationSetRefusals;

/** A set keeps its name for good, archived or not: programs know it by that. */
export const evaluationSetNameTaken: LookupDefinition<boolean> = {
  name: 'evaluation-set-name-taken',
  keyOf: ({ type, data }) => (type === EvaluationSetCreated.type ? (data['name'] as string) : null),
  fold: () => true,
};

export function evaluationSetOf(world: World, id: string): Loaded<EvaluationSet> {
  const set = world.find(evaluationSetStream, id);
  if (set === undefined) throw missingEvaluationSet();
  return set;
}

export function activeEvaluationSet(world: World, id: string): EvaluationSet {
  const { state } = evaluationSetOf(world, id);
  if (state.status === 'archived') throw refuse('evaluation_set_archived', `${state.name} is archived.`);
  return state;
}

export function requireRevision({ revisions }: EvaluationSet, revision: number): void {
  if (revision <= revisions.length) return;
  throw refuse('evaluation_revision_not_found', `There are ${revisions.length} revisions.`);
}

export function missingEvaluationSet(): Error {
  return refuse('evaluation_set_not_found', 'There is no such evaluation set.');
}

export function missingCase(name: string): Error {
  return refuse('evaluation_case_not_found', `The revision has no case ${name}.`);
}

export function requireCases(cases: readonly EvaluationCase[]): void {
  if (cases.length === 0) throw refuse('evaluation_cases_invalid', 'There is no case.');
  if (cases.length > maxCases) throw refuse('evaluation_cases_invalid', `A set has ${maxCases} cases at most.`);
  const names = new Set<string>();
  for (const one of cases) {
    if (names.has(one.name)) throw refuse('evaluation_cases_invalid', `${one.name} is there twice.`);
    names.add(one.name);
    const fault = faultOf(one);
    if (fault !== null) throw refuse('evaluation_cases_invalid', `${one.name}: ${fault}`);
  }
}
