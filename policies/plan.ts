// Who may take a whole plan in and out, and which numbers a project has given.
import type { RoleRule } from '../kernel/actor.ts';
import type { LookupDefinition } from '../kernel/command.ts';
import type { Fact } from '../kernel/event.ts';
import { PersistentMap } from '../kernel/persistent-map.ts';
import { defineRefusals } from '../kernel/refusal.ts';
import { EpicCreated, EpicDeleted } from '../events/epic.ts';
import { StoryCreated, StoryDeleted } from '../events/story.ts';

export const planRules = {
  import: { atLeast: 'orchestrator' },
  export: { atLeast: 'agent' },
} as const satisfies Record<string, RoleRule>;

/** Bounds what one commit and one answer have to carry. */
export const planLimits = { epics: 500, stories: 5_000, bytes: 16 << 20, faults: 100, listed: 1_000 } as const;

export const planRefusals = defineRefusals({
  plan_faulty: {
    kind: 'rejected',
    title: 'The plan has faults, and nothing of it was imported',
    remedy: 'Mend what `errors` lists, each with a pointer to its place in the plan, and import it again.',
  },
  plan_too_many_stories: {
    kind: 'rejected',
    title: 'The plan has more stories than one import takes',
    remedy: `Split it: an import takes ${planLimits.stories} stories. Later parts may need stories of earlier ones by their numbers.`,
  },
  plan_too_large: {
    kind: 'rejected',
    title: 'The plan is larger than what can be imported again at once',
    remedy: 'Export it in parts with `from_epic` and `to_epic`.',
  },
});

/** Codes of single faults, beside those of the commands on epics, stories and dependencies. */
export const planFaults = {
  repeated: 'plan_item_repeated',
  unknown: 'plan_reference_unknown',
  large: 'entry_too_large',
} as const;

export interface NumberHolder {
  readonly id: string;
  readonly deleted: boolean;
}

/** `3` of an epic, `3.1` of a story; numbers are never given twice, so those of deleted objects stay. */
export type PlanNumbers = PersistentMap<NumberHolder>;

const births: ReadonlySet<string> = new Set([EpicCreated.type, StoryCreated.type]);
const deaths: ReadonlySet<string> = new Set([EpicDeleted.type, StoryDeleted.type]);

/** All numbers of a project, with what they were given to. */
export const numbersOfProject: LookupDefinition<PlanNumbers> = {
  name: 'numbers-of-project',
  keyOf: ({ type, data }) =>
    births.has(type) || deaths.has(type) ? ((data['project_id'] as string | undefined) ?? null) : null,
  fold: foldNumber,
};

function foldNumber(numbers: PlanNumbers, { type, stream, data }: Fact): PlanNumbers {
  const number = data['number'] as number | string | undefined;
  return number === undefined ? numbers : numbers.set(`${number}`, { id: stream.id, deleted: deaths.has(type) });
}

export const noNumbers: PlanNumbers = PersistentMap.empty();

/**
 * What the look-ups of the commands on epics and stories hold, by their names, all told from the one look-up of the
 * project: asking for each of thousands of numbers would be as many questions.
 */
export function assumeNumbers(numbers: PlanNumbers): (lookup: string, key: string) => unknown {
  const { highestEpic, highestStory } = highestOf(numbers);
  return (lookup, key) => {
    if (lookup === 'epic-numbering') return highestEpic;
    if (lookup === 'story-numbering') return highestStory.get(key) ?? 0;
    const number = key.slice(key.indexOf('/') + 1);
    return lookup === 'epic-number-taken' || lookup === 'story-number-taken'
      ? numbers.get(number) !== undefined
      : undefined;
  };
}

function highestOf(numbers: PlanNumbers) {
  let highestEpic = 0;
  const highestStory = new Map<string, number>();
  for (const [number] of numbers.entries()) {
    const [epic = '', ordinal] = number.split('.');
    highestEpic = Math.max(highestEpic, Number(epic));
    const id = numbers.get(epic)?.id;
    if (ordinal === undefined || id === undefined) continue;
    highestStory.set(id, Math.max(highestStory.get(id) ?? 0, Number(ordinal)));
  }
  return { highestEpic, highestStory };
}

/** What the project has and the plan does not name. It is told, and left as it is. */
export interface Orphans {
  readonly epics: number;
  readonly stories: number;
  /** The first of them. */
  readonly numbers: readonly string[];
}

export function findOrphans(numbers: PlanNumbers | null, named: ReadonlySet<string>): Orphans {
  const found: string[] = [];
  for (const [number, { deleted }] of numbers?.entries() ?? []) if (!deleted && !named.has(number)) found.push(number);
  const stories = found.filter((number) => number.includes('.')).length;
  const sorted = found.sort(compareNumbers).slice(0, planLimits.listed);
  return { epics: found.length - stories, stories, numbers: sorted };
}

/** 1 before 1.2 before 1.10 before 2. */
function compareNumbers(one: string, other: string): number {
  const [left, right] = [one.split('.'), other.split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const step = Number(left[at] ?? 0) - Number(right[at] ?? 0);
    if (step !== 0) return step;
  }
  return 0;
}
