// The commands that writers send: creating and changing, refused and repeated, stale and without effect.
import type { Actor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { Rehearsal } from '../../kernel/rehearsal.ts';
import type { Json } from '../../kernel/event.ts';
import { newId } from '../../kernel/id.ts';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { storyStream } from '../../events/story.ts';
import {
  archiveStory,
  changeStory,
  type CreateStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import type { ExecuteRequest, Subject } from '../../sql/batch.ts';
import { digestOf, type Sent } from './history.ts';
import type { Random } from './random.ts';

interface CreateStories {
  readonly stories: readonly [CreateStory, ...CreateStory[]];
}

/** Many events in one command, as an import has; its reply shows the last story. */
const createStories: CommandDefinition<CreateStories> = {
  name: 'CreateStories',
  subject: ({ stories }) => ({ type: 'story', id: (stories.at(-1) as CreateStory).story_id }),
  authorize: ({ stories }, world) => createStory.authorize(stories[0], world),
  decide({ stories }, world) {
    const rehearsal = new Rehearsal(world, [storyStream], () => undefined);
    for (const story of stories) rehearsal.run(createStory, story);
    return rehearsal.events;
  },
};

const definitions = new Map(
  [
    createProject,
    createEpic,
    createStory,
    createStories,
    changeStory,
    reviseCriteria,
    archiveStory,
    restoreStory,
    deleteStory,
  ].map((definition) => [definition.name, definition as unknown as CommandDefinition<never>]),
);

/** A tenant of the load: what its writers share. */
export interface Field {
  readonly tenant: string;
  readonly epics: readonly string[];
  /** Stories that every writer changes. */
  readonly contested: readonly string[];
}

/** A story that this writer made, at the version that it last saw. */
export interface Own {
  readonly id: string;
  readonly field: Field;
  version: number;
}

export interface Draft {
  readonly field: Field;
  readonly name: string;
  readonly command: Json;
  readonly ifMatch?: number;
  readonly effect: Sent['effect'];
  /** Without it, one. */
  readonly events?: number;
  readonly own?: Own;
}

export function actorOf(scope: string): Actor {
  return { kind: 'key', key_id: scope, agent_id: null, role: 'user', lineage: [] };
}

/** What a reply shows; the checker makes the same from the log. */
export function renderSubject({ id, state, version, created_at, updated_at }: Subject): string {
  return JSON.stringify({ id, version, created_at, updated_at, ...(state as object) });
}

export function requestOf(sent: Sent, actor: Actor): ExecuteRequest {
  const definition = definitions.get(sent.name);
  if (definition === undefined) throw new Error(`no command is called ${sent.name}`);
  return {
    tenantId: sent.tenant,
    actor,
    definition,
    command: sent.command,
    correlationId: 'fault',
    expectedVersion: sent.ifMatch,
    idempotency: {
      key: sent.id,
      requestHash: Buffer.from(
        digestOf(JSON.stringify([sent.name, sent.command, sent.ifMatch])).padEnd(64, '0'),
        'hex',
      ),
      supplied: sent.supplied,
    },
    render: (subject) => ({ status: subject.version === 1 ? 201 : 200, body: renderSubject(subject) }),
  };
}

/** `many` of the commands append many events, as an import does. */
export function draftOf(random: Random, field: Field, owned: readonly Own[], many: number): Draft {
  const own = owned.length === 0 ? undefined : random.pick(owned);
  const kind = random.next();
  if (random.chance(many)) return manyCreations(random, field);
  if (own === undefined || kind < 0.45) return creation(random, field);
  if (kind < 0.78) return change(random, own);
  if (kind < 0.86) return contest(random, field);
  if (kind < 0.89) return nothing(own);
  if (kind < 0.92) return ending(random, own);
  return refusal(random, field, own);
}

function creation(random: Random, field: Field): Draft {
  return { field, name: createStory.name, command: newStory(random, field), effect: 'all' };
}

function manyCreations(random: Random, field: Field): Draft {
  const stories = Array.from({ length: 2 + random.below(98) }, () => newStory(random, field));
  return { field, name: createStories.name, command: { stories }, effect: 'all', events: stories.length };
}

function newStory(random: Random, field: Field): { readonly [name: string]: Json } {
  return {
    story_id: newId(),
    epic_id: random.pick(field.epics),
    title: `Story ${random.below(1e9)} "quoted" \\ ü😀`,
    description: 'x'.repeat(random.below(300)),
    criteria: Array.from({ length: random.below(3) }, (_, at) => ({ text: `Criterion ${at}`, binding: null })),
  };
}

/** Titles never come twice, so an accepted change has an effect. */
function change(random: Random, own: Own): Draft {
  const command = { story_id: own.id, changes: { title: `Title ${newId()}`, priority: random.below(5) } };
  const base = { field: own.field, name: changeStory.name, command, effect: 'all', own } as const;
  return random.chance(0.5) ? { ...base, ifMatch: own.version } : base;
}

function contest(random: Random, field: Field): Draft {
  const command = { story_id: random.pick(field.contested), changes: { title: `Contested ${newId()}` } };
  const base = { field, name: changeStory.name, command, effect: 'all' } as const;
  return random.chance(0.5) ? { ...base, ifMatch: 1 + random.below(50) } : base;
}

function nothing(own: Own): Draft {
  return {
    field: own.field,
    name: changeStory.name,
    command: { story_id: own.id, changes: { estimate: null } },
    effect: 'any',
    own,
  };
}

function ending(random: Random, own: Own): Draft {
  const name = random.pick([archiveStory.name, restoreStory.name, restoreStory.name, deleteStory.name]);
  return { field: own.field, name, command: { story_id: own.id }, effect: 'any', own };
}

function refusal(random: Random, field: Field, own: Own): Draft {
  const create = { story_id: newId(), epic_id: random.pick(field.epics), title: 'Refused' };
  return random.pick<Draft>([
    { field, name: createStory.name, command: { ...create, epic_id: newId() }, effect: 'all' },
    { field, name: createStory.name, command: { ...create, number: '999999.1' }, effect: 'all' },
    {
      field: own.field,
      name: changeStory.name,
      command: { story_id: newId(), changes: { title: 'T' } },
      effect: 'all',
    },
    {
      field: own.field,
      name: changeStory.name,
      command: { story_id: own.id, changes: { title: `Stale ${newId()}` } },
      ifMatch: own.version + 1 + random.below(9),
      effect: 'all',
      own,
    },
  ]);
}
