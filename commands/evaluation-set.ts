// Commands on evaluation sets. Prompts and tests were put beside the log before; here they are digests.
import { type Static, Type } from 'typebox';
import { canonicalJson } from '../kernel/canonical.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { CaseName, type EvaluationCase, ToldExpectation } from '../kernel/evaluation-case.ts';
import type { NewEvent } from '../kernel/event.ts';
import { record } from '../kernel/stream.ts';
import {
  casesAnEvent,
  casesOf,
  EvaluationCasesRevised,
  type EvaluationSet,
  EvaluationSetArchived,
  EvaluationSetChanged,
  EvaluationSetCreated,
  evaluationSetFields,
  EvaluationSetRestored,
  maxCases,
} from '../events/evaluation-set.ts';
import { askedFields } from '../events/run-fact.ts';
import {
  activeEvaluationSet,
  evaluationSetNameTaken,
  evaluationSetOf,
  evaluationSetRefusals,
  evaluationSetRules,
  requireCases,
} from '../policies/evaluation-set.ts';
import { openProject } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';

const closed = { additionalProperties: false } as const;

export const ToldCase = Type.Object(
  {
    name: CaseName,
    ...askedFields,
    ...ToldExpectation,
  },
  closed,
);
const Cases = Type.Array(ToldCase, { minItems: 1, maxItems: maxCases });

export const CreateEvaluationSetBody = Type.Object(
  {
    name: evaluationSetFields.name,
    description: Type.Optional(evaluationSetFields.description),
    project_id: Type.Optional(evaluationSetFields.project_id),
    cases: Cases,
  },
  closed,
);
export const ChangeEvaluationSetBody = Type.Object(
  { description: Type.Optional(evaluationSetFields.description), cases: Type.Optional(Cases) },
  { ...closed, minProperties: 1 },
);

const setRef = (id: string) => ({ type: 'evaluation_set', id });

export interface NameEvaluationSet {
  readonly evaluation_set_id: string;
}

export interface CreateEvaluationSet extends NameEvaluationSet, Omit<Static<typeof CreateEvaluationSetBody>, 'cases'> {
  readonly cases: readonly EvaluationCase[];
}

export const createEvaluationSet: CommandDefinition<CreateEvaluationSet> = {
  name: 'CreateEvaluationSet',
  subject: ({ evaluation_set_id }) => setRef(evaluation_set_id),
  authorize: (_command, world) => requireRole(evaluationSetRules.write, world.actor),
  decide({ evaluation_set_id, name, description = '', project_id = null, cases }, world) {
    openTenant(world);
    if (project_id !== null) openProject(world, project_id);
    if (world.lookup(evaluationSetNameTaken, name)) {
      throw evaluationSetRefusals.refuse('evaluation_set_name_taken', `The name ${name} is taken.`);
    }
    requireCases(cases);
    const ref = setRef(evaluation_set_id);
    const created = { name, description, project_id };
    return [
      record(EvaluationSetCreated, ref, created, project_id),
      ...revisionFacts(evaluation_set_id, { ...created, status: 'active', revisions: [] }, cases),
    ];
  },
};

export interface ChangeEvaluationSet extends NameEvaluationSet {
  readonly description?: string;
  /** All of them; those that are not among them are dropped. */
  readonly cases?: readonly EvaluationCase[];
}

export const changeEvaluationSet: CommandDefinition<ChangeEvaluationSet> = {
  name: 'ChangeEvaluationSet',
  subject: ({ evaluation_set_id }) => setRef(evaluation_set_id),
  authorize: (_command, world) => requireRole(evaluationSetRules.write, world.actor),
  decide({ evaluation_set_id, description, cases }, world) {
    const set = activeEvaluationSet(world, evaluation_set_id);
    if (cases !== undefined) requireCases(cases);
    const ref = setRef(evaluation_set_id);
    const isOther = description !== undefined && description !== set.description;
    return [
      ...(isOther ? [record(EvaluationSetChanged, ref, { description }, set.project_id)] : []),
      ...(cases === undefined ? [] : revisionFacts(evaluation_set_id, set, cases)),
    ];
  },
};

/** Only what differs from the last revision, in as few events as it fits into; nothing where nothing differs. */
function revisionFacts(id: string, set: EvaluationSet, cases: readonly EvaluationCase[]): NewEvent[] {
  const last = set.revisions.length;
  const known = new Map(casesOf(set, last).map((one) => [one.name, canonicalJson(one)]));
  const put = cases.filter((one) => known.get(one.name) !== canonicalJson(one));
  const names = new Set(cases.map(({ name }) => name));
  const dropped = [...known.keys()].filter((name) => !names.has(name));
  if (put.length + dropped.length === 0) return [];
  const events = Math.max(1, Math.ceil(put.length / casesAnEvent));
  return Array.from({ length: events }, (_, index) => {
    const some = put.slice(index * casesAnEvent, (index + 1) * casesAnEvent);
    const data = { revision: last + 1, put: some, dropped: index === 0 ? dropped : [] };
    return record(EvaluationCasesRevised, setRef(id), data, set.project_id);
  });
}

export const archiveEvaluationSet: CommandDefinition<NameEvaluationSet> = {
  name: 'ArchiveEvaluationSet',
  subject: ({ evaluation_set_id }) => setRef(evaluation_set_id),
  authorize: (_command, world) => requireRole(evaluationSetRules.archive, world.actor),
  decide({ evaluation_set_id }, world) {
    const { status, project_id } = evaluationSetOf(world, evaluation_set_id).state;
    return status === 'archived' ? [] : [record(EvaluationSetArchived, setRef(evaluation_set_id), {}, project_id)];
  },
};

export const restoreEvaluationSet: CommandDefinition<NameEvaluationSet> = {
  name: 'RestoreEvaluationSet',
  subject: ({ evaluation_set_id }) => setRef(evaluation_set_id),
  authorize: (_command, world) => requireRole(evaluationSetRules.archive, world.actor),
  decide({ evaluation_set_id }, world) {
    const { status, project_id } = evaluationSetOf(world, evaluation_set_id).state;
    return status === 'active' ? [] : [record(EvaluationSetRestored, setRef(evaluation_set_id), {}, project_id)];
  },
};
