// Commands on epics.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, LookupDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { removeEdge } from '../events/dependency.ts';
import {
  EpicArchived,
  EpicChanged,
  EpicCreated,
  EpicDeleted,
  epicFields,
  EpicNumber,
  EpicRestored,
} from '../events/epic.ts';
import { endedEdges } from '../policies/dependency.ts';
import { epicOf, epicRefusals, epicRules, openEpic } from '../policies/epic.ts';
import { epicStoryCount } from '../policies/epic-progress.ts';
import { openProject, projectOf } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';

const closed = { additionalProperties: false } as const;

export const CreateEpicBody = Type.Object(
  {
    title: epicFields.title,
    description: Type.Optional(epicFields.description),
    number: Type.Optional(EpicNumber),
  },
  closed,
);
export const ChangeEpicBody = Type.Partial(Type.Object(epicFields), { ...closed, minProperties: 1 });

/** The highest number ever given in a project. Numbers are never given twice, not even that of a deleted epic. */
export const epicNumbering: LookupDefinition<number> = {
  name: 'epic-numbering',
  keyOf: (fact) => (fact.type === EpicCreated.type ? (fact.data['project_id'] as string) : null),
  fold: (highest, fact) => Math.max(highest, fact.data['number'] as number),
};

/** Whether a number of a project was ever given: `<project id>/<number>`. */
export const epicNumberTaken: LookupDefinition<boolean> = {
  name: 'epic-number-taken',
  keyOf: (fact) =>
    fact.type === EpicCreated.type ? `${fact.data['project_id'] as string}/${fact.data['number'] as number}` : null,
  fold: () => true,
};

export interface CreateEpic extends Static<typeof CreateEpicBody> {
  readonly epic_id: string;
  readonly project_id: string;
}

export const createEpic: CommandDefinition<CreateEpic> = {
  name: 'CreateEpic',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, world) => requireRole(epicRules.create, world.actor),
  decide(command, world) {
    openProject(world, command.project_id);
    const highest = world.lookup(epicNumbering, command.project_id);
    const number = command.number ?? highest + 1;
    if (number <= highest && world.lookup(epicNumberTaken, `${command.project_id}/${number}`)) {
      throw epicRefusals.refuse('epic_number_taken', `Number ${number} is taken.`);
    }
    const data = {
      project_id: command.project_id,
      number,
      title: command.title,
      description: command.description ?? '',
    };
    return [record(EpicCreated, { type: 'epic', id: command.epic_id }, data, command.project_id)];
  },
};

export interface ChangeEpic {
  readonly epic_id: string;
  readonly changes: Static<typeof ChangeEpicBody>;
}

export const changeEpic: CommandDefinition<ChangeEpic> = {
  name: 'ChangeEpic',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, world) => requireRole(epicRules.change, world.actor),
  decide({ epic_id, changes }, world) {
    const epic = openEpic(world, epic_id);
    const changed = Object.entries(changes).some(([key, value]) => epic[key as keyof typeof changes] !== value);
    return changed ? [record(EpicChanged, { type: 'epic', id: epic_id }, changes, epic.project_id)] : [];
  },
};

export interface NameEpic {
  readonly epic_id: string;
}

export const archiveEpic: CommandDefinition<NameEpic> = {
  name: 'ArchiveEpic',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, world) => requireRole(epicRules.archive, world.actor),
  decide({ epic_id }, world) {
    const { state: epic } = epicOf(world, epic_id);
    openProject(world, epic.project_id);
    if (epic.status === 'archived') return [];
    return [record(EpicArchived, { type: 'epic', id: epic_id }, {}, epic.project_id)];
  },
};

export const restoreEpic: CommandDefinition<NameEpic> = {
  name: 'RestoreEpic',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, world) => requireRole(epicRules.archive, world.actor),
  decide({ epic_id }, world) {
    const { state: epic } = epicOf(world, epic_id);
    openProject(world, epic.project_id);
    if (epic.status === 'active') return [];
    return [record(EpicRestored, { type: 'epic', id: epic_id }, {}, epic.project_id)];
  },
};

export const deleteEpic: CommandDefinition<NameEpic> = {
  name: 'DeleteEpic',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, world) => requireRole(epicRules.delete, world.actor),
  decide({ epic_id }, world) {
    const { state: epic } = epicOf(world, epic_id);
    projectOf(world, epic.project_id);
    const stories = world.lookup(epicStoryCount, epic_id);
    if (stories > 0) throw epicRefusals.refuse('epic_not_empty', `Epic ${epic.number} still has ${stories} stories.`);
    const edges = endedEdges(world, epic.project_id, 'epic', epic_id);
    const data = { project_id: epic.project_id, number: epic.number };
    return [
      record(EpicDeleted, { type: 'epic', id: epic_id }, data, epic.project_id),
      ...edges.map((edge) => removeEdge(epic.project_id, edge)),
    ];
  },
};
