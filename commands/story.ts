// Commands on stories.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, LookupDefinition, World } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import type { NewEvent } from '../kernel/event.ts';
import { removeEdge } from '../events/dependency.ts';
import { EpicReopened } from '../events/epic.ts';
import {
  Criteria,
  type Story,
  StoryArchived,
  StoryChanged,
  StoryCreated,
  StoryCriteriaRevised,
  StoryDeleted,
  storyFields,
  StoryNumber,
  StoryRestored,
} from '../events/story.ts';
import { StoryVerificationVoided } from '../events/story-custody.ts';
import { voidCapabilities } from '../policies/capability.ts';
import { endedEdges } from '../policies/dependency.ts';
import { openEpic } from '../policies/epic.ts';
import { turnEpic } from '../policies/epic-progress.ts';
import { requireRunning } from '../policies/halt.ts';
import { requireStoryQuota } from '../policies/quota.ts';
import { requireRole } from '../policies/role.ts';
import { type HeldStory, openStory, storyOf, storyRefusals, storyRules } from '../policies/story.ts';
import { endVerification } from '../policies/verification.ts';

const closed = { additionalProperties: false } as const;

export const CreateStoryBody = Type.Object(
  {
    title: storyFields.title,
    description: Type.Optional(storyFields.description),
    priority: Type.Optional(storyFields.priority),
    estimate: Type.Optional(storyFields.estimate),
    number: Type.Optional(StoryNumber),
    criteria: Type.Optional(Criteria),
  },
  closed,
);
export const ChangeStoryBody = Type.Partial(Type.Object(storyFields), { ...closed, minProperties: 1 });
export const ReviseCriteriaBody = Type.Object({ criteria: Criteria }, closed);

/** The highest n of the numbers `<epic>.<n>` ever given in an epic; none is given twice. */
export const storyNumbering: LookupDefinition<number> = {
  name: 'story-numbering',
  keyOf: (fact) => (fact.type === StoryCreated.type ? (fact.data['epic_id'] as string) : null),
  fold: (highest, fact) => Math.max(highest, ordinalOf(fact.data['number'] as string)),
};

/** Whether a number of an epic was ever given: `<epic id>/<number>`. */
export const storyNumberTaken: LookupDefinition<boolean> = {
  name: 'story-number-taken',
  keyOf: (fact) =>
    fact.type === StoryCreated.type ? `${fact.data['epic_id'] as string}/${fact.data['number'] as string}` : null,
  fold: () => true,
};

/** 2 of `1.2` and of `1.2.7`: a finer number takes its parent's place in the row. */
function ordinalOf(number: string): number {
  return Number(number.split('.')[1]);
}

export interface CreateStory extends Static<typeof CreateStoryBody> {
  readonly story_id: string;
  readonly epic_id: string;
}

export const createStory: CommandDefinition<CreateStory> = {
  name: 'CreateStory',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.create, world.actor),
  decide(command, world) {
    const epic = openEpic(world, command.epic_id);
    requireStoryQuota(world);
    const highest = world.lookup(storyNumbering, command.epic_id);
    const number = command.number ?? `${epic.number}.${highest + 1}`;
    if (!number.startsWith(`${epic.number}.`)) {
      throw storyRefusals.refuse(
        'story_number_foreign',
        `A story of epic ${epic.number} cannot be numbered ${number}.`,
      );
    }
    if (ordinalOf(number) <= highest && world.lookup(storyNumberTaken, `${command.epic_id}/${number}`)) {
      throw storyRefusals.refuse('story_number_taken', `Number ${number} is taken.`);
    }
    const data = {
      project_id: epic.project_id,
      epic_id: command.epic_id,
      number,
      title: command.title,
      description: command.description ?? '',
      priority: command.priority ?? 2,
      estimate: command.estimate ?? null,
      criteria: command.criteria ?? [],
    };
    const created = record(StoryCreated, { type: 'story', id: command.story_id }, data, epic.project_id);
    if (!epic.is_complete) return [created];
    return [created, record(EpicReopened, { type: 'epic', id: command.epic_id }, {}, epic.project_id)];
  },
};

export interface ChangeStory {
  readonly story_id: string;
  readonly changes: Static<typeof ChangeStoryBody>;
}

export const changeStory: CommandDefinition<ChangeStory> = {
  name: 'ChangeStory',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.change, world.actor),
  decide({ story_id, changes }, world) {
    const story = openStory(world, story_id);
    const changed = Object.entries(changes).some(([key, value]) => story[key as keyof typeof changes] !== value);
    return changed ? [record(StoryChanged, { type: 'story', id: story_id }, changes, story.project_id)] : [];
  },
};

export interface ReviseCriteria extends Static<typeof ReviseCriteriaBody> {
  readonly story_id: string;
}

export const reviseCriteria: CommandDefinition<ReviseCriteria> = {
  name: 'ReviseCriteria',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.change, world.actor),
  decide({ story_id, criteria }, world) {
    const story = openStory(world, story_id);
    const same =
      criteria.length === story.criteria.length &&
      criteria.every(({ text, binding }, at) => {
        const held = story.criteria[at];
        return held?.text === text && held.binding === binding;
      });
    if (same) return [];
    requireCustodyMoves(world, story);
    const data = { revision: story.criteria_revision + 1, criteria };
    const held = { id: story_id, version: storyOf(world, story_id).version, story };
    return [
      ...(worksOn(story) ? [] : voidCapabilities(held)),
      ...loseVerification(world, held, 'criteria_revised'),
      record(StoryCriteriaRevised, { type: 'story', id: story_id }, data, story.project_id),
    ];
  },
};

/** What somebody took on, handed in or verified stands still with the rest of custody. */
function requireCustodyMoves(world: World, { custody }: Story): void {
  if (custody !== null) requireRunning(world);
}

/** New criteria leave the claim to whoever holds it, with what was granted for it. */
function worksOn({ agent_status }: Story): boolean {
  return agent_status === 'assigned' || agent_status === 'implementing';
}

function loseVerification(world: World, held: HeldStory, cause: 'criteria_revised' | 'deleted'): NewEvent[] {
  const { epic_id, project_id, verified_status } = held.story;
  const isVerified = verified_status === 'verified';
  const stories = cause === 'deleted' ? -1 : 0;
  const ended = endVerification(world, held.story);
  if (!isVerified && stories === 0) return ended;
  const voided = record(StoryVerificationVoided, { type: 'story', id: held.id }, { epic_id, cause }, project_id);
  return [
    ...ended,
    ...(isVerified ? [voided] : []),
    ...turnEpic(world, epic_id, { stories, verified: isVerified ? -1 : 0 }),
  ];
}

export interface NameStory {
  readonly story_id: string;
}

export const archiveStory: CommandDefinition<NameStory> = {
  name: 'ArchiveStory',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.archive, world.actor),
  decide({ story_id }, world) {
    const { state: story } = storyOf(world, story_id);
    openEpic(world, story.epic_id);
    if (story.status === 'archived') return [];
    return [record(StoryArchived, { type: 'story', id: story_id }, {}, story.project_id)];
  },
};

export const restoreStory: CommandDefinition<NameStory> = {
  name: 'RestoreStory',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.archive, world.actor),
  decide({ story_id }, world) {
    const { state: story } = storyOf(world, story_id);
    openEpic(world, story.epic_id);
    if (story.status === 'active') return [];
    return [record(StoryRestored, { type: 'story', id: story_id }, {}, story.project_id)];
  },
};

export const deleteStory: CommandDefinition<NameStory> = {
  name: 'DeleteStory',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: (_command, world) => requireRole(storyRules.delete, world.actor),
  decide({ story_id }, world) {
    const { state: story, version } = storyOf(world, story_id);
    const edges = endedEdges(world, story.project_id, 'story', story_id);
    const { epic_id, project_id, number } = story;
    requireCustodyMoves(world, story);
    const held = { id: story_id, version, story };
    return [
      ...voidCapabilities(held),
      ...loseVerification(world, held, 'deleted'),
      record(StoryDeleted, { type: 'story', id: story_id }, { epic_id, project_id, number }, project_id),
      ...edges.map((edge) => removeEdge(story.project_id, edge)),
    ];
  },
};
