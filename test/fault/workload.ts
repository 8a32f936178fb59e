// The commands that writers send: creating and changing, refused and repeated, stale and without effect.
import type { Actor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import type { Json } from '../../kernel/event.ts';
import { newId } from '../../kernel/id.ts';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import {
  archiveStory,
  changeStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import type { ExecuteRequest, Subject } from '../../sql/batch.ts';
import { digestOf, type Sent } from './history.ts';
import type { Random } from './random.ts';

const definitions = new Map(
  [createProject, createEpic, createStory, changeStory, reviseCriteria, archiveStory, restoreStory, deleteStory].map(
    (definition) => [definition.name, definition as unknown as CommandDefinition<never>],
  ),
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

export function draftOf(random: Random, field: Field, owned: readonly Own[]): Draft {
  const own = owned.length === 0 ? undefined : random.pick(owned);
  const kind = random.next();
  if (own === undefined || kind < 0.45) return creation(random, field);
  if (kind < 0.78) return change(random, own);
  if (kind < 0.86) return contest(random, field);
  if (kind < 0.89) return nothing(own);
  if (kind < 0.92) return ending(random, own);
  return refusal(random, field, own);
}

function creation(random: Random, field: Field): Draft {
  const command = {
    story_id: newId(),
    epic_id: random.pick(field.epics),
    title: `Story ${random.below(1e9)} "quoted" \\ ü😀`,
    description: 'x'.repeat(random.below(300)),
    criteria: Array.from({ length: random.below(3) }, (_, at) => ({ text: `Criterion ${at}`, binding: null })),
  };
  return { field, name: createStory.name, command, effect: 'one' };
}

/** Titles never come twice, so an accepted change has an effect. */
function change(random: Random, own: Own): Draft {
  const command = { story_id: own.id, changes: { title: `Title ${newId()}`, priority: random.below(5) } };
  const base = { field: own.field, name: changeStory.name, command, effect: 'one', own } as const;
  return random.chance(0.5) ? { ...base, ifMatch: own.version } : base;
}

function contest(random: Random, field: Field): Draft {
  const command = { story_id: random.pick(field.contested), changes: { title: `Contested ${newId()}` } };
  const base = { field, name: changeStory.name, command, effect: 'one' } as const;
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
    { field, name: createStory.name, command: { ...create, epic_id: newId() }, effect: 'one' },
    { field, name: createStory.name, command: { ...create, number: '999999.1' }, effect: 'one' },
    {
      field: own.field,
      name: changeStory.name,
      command: { story_id: newId(), changes: { title: 'T' } },
      effect: 'one',
    },
    {
      field: own.field,
      name: changeStory.name,
      command: { story_id: own.id, changes: { title: `Stale ${newId()}` } },
      ifMatch: own.version + 1 + random.below(9),
      effect: 'one',
      own,
    },
  ]);
}
