// A plan as a document: what an import takes and an export answers, and what an import reports.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, World } from '../kernel/command.ts';
import type { DependencyEdge, DependencyLevel } from '../events/dependency.ts';
import { epicFields, EpicNumber } from '../events/epic.ts';
import { Criteria, storyFields, StoryNumber } from '../events/story.ts';
import { type Orphans, planLimits } from '../policies/plan.ts';

const closed = { additionalProperties: false } as const;

const Key = Type.String({
  pattern: '^#[a-z0-9_-]{1,63}$',
  maxLength: 64,
  description: 'A name within the plan, for items that have no number yet; it is not kept',
});
const maxNeeds = 200;

const PlannedStory = Type.Object(
  {
    number: Type.Optional(StoryNumber),
    key: Type.Optional(Key),
    title: storyFields.title,
    description: Type.Optional(storyFields.description),
    priority: Type.Optional(storyFields.priority),
    estimate: Type.Optional(storyFields.estimate),
    criteria: Type.Optional(Criteria),
    needs: Type.Optional(Type.Array(Type.Union([StoryNumber, Key]), { maxItems: maxNeeds })),
  },
  closed,
);
export type PlannedStory = Static<typeof PlannedStory>;

const PlannedEpic = Type.Object(
  {
    number: Type.Optional(EpicNumber),
    key: Type.Optional(Key),
    title: epicFields.title,
    description: Type.Optional(epicFields.description),
    needs: Type.Optional(Type.Array(Type.Union([EpicNumber, Key]), { maxItems: maxNeeds })),
    stories: Type.Optional(Type.Array(PlannedStory, { maxItems: planLimits.stories })),
  },
  closed,
);
export type PlannedEpic = Static<typeof PlannedEpic>;

/** What an import takes and an export answers. */
export const PlanDocument = Type.Object(
  {
    format: Type.Optional(Type.Enum(['loopledger-plan-1'])),
    epics: Type.Array(PlannedEpic, { maxItems: planLimits.epics }),
  },
  closed,
);

export const ImportMode = Type.Enum(['create', 'merge']);

export interface ImportPlan {
  readonly project_id: string;
  readonly mode: Static<typeof ImportMode>;
  readonly dry_run: boolean;
  readonly plan: Static<typeof PlanDocument>;
}

/** The commands that an import is made of; one noun does not know another, so they are handed in. */
export interface PlanCommands {
  readonly createEpic: CommandDefinition<{ epic_id: string; project_id: string } & Omit<PlannedEpic, 'stories'>>;
  readonly changeEpic: CommandDefinition<{ epic_id: string; changes: Partial<PlannedEpic> }>;
  readonly createStory: CommandDefinition<{ story_id: string; epic_id: string } & PlannedStory>;
  readonly changeStory: CommandDefinition<{ story_id: string; changes: Partial<PlannedStory> }>;
  readonly reviseCriteria: CommandDefinition<{ story_id: string; criteria: Static<typeof Criteria> }>;
  draftDependency(command: DraftedNeed, world: World): DependencyEdge;
}

export interface DraftedNeed {
  readonly dependency_id: string;
  readonly project_id: string;
  readonly level: DependencyLevel;
  readonly from_id: string;
  readonly needs_id: string;
}

export interface ImportReport {
  readonly project_id: string;
  readonly mode: ImportPlan['mode'];
  readonly dry_run: boolean;
  readonly epics: Tally;
  readonly stories: Tally;
  readonly dependencies: { readonly added: number; readonly unchanged: number };
  readonly created: readonly { readonly level: DependencyLevel; readonly id: string; readonly number: string }[];
  readonly orphans: Orphans;
}

export interface Tally {
  created: number;
  changed: number;
  unchanged: number;
}
