// Epic: a numbered piece of a project that holds stories.
import { type Static, Type } from 'typebox';
import { Id, LongText, Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';

export const EpicNumber = Type.Integer({ minimum: 1, maximum: 999_999 });
export const epicFields = { title: Name, description: LongText } as const;

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const EpicCreated = eventType(
  'epic.created',
  Type.Object({ project_id: Id, number: EpicNumber, ...epicFields }, closed),
  'An epic was added to a project.',
);
export const EpicChanged = eventType(
  'epic.changed',
  Type.Partial(Type.Object(epicFields), closed),
  'Title or description of an epic changed.',
);
export const EpicArchived = eventType('epic.archived', none, 'An epic was archived: nothing in it changes.');
export const EpicRestored = eventType('epic.restored', none, 'An archived epic was taken up again.');
/** Project and number stay on the fact, so that epics are counted and numbers known from the facts alone. */
export const EpicDeleted = eventType(
  'epic.deleted',
  Type.Object({ project_id: Id, number: Type.Optional(EpicNumber) }, closed),
  'An empty epic was deleted.',
);

export const EpicCompleted = eventType('epic.completed', none, 'The last story of an epic that was open was verified.');
export const EpicReopened = eventType(
  'epic.reopened',
  none,
  'A completed epic got a story that is not verified, or lost its last one.',
);

export interface Epic extends Static<typeof EpicCreated.shape> {
  /** It has stories, and each of them is verified. */
  readonly is_complete: boolean;
  readonly status: 'active' | 'archived' | 'deleted';
}

export const epicStream = defineStream<Epic>('epic', [
  born(EpicCreated, (data) => ({ ...data, is_complete: false, status: 'active' })),
  when(EpicChanged, (epic, data) => ({ ...epic, ...data })),
  when(EpicArchived, (epic) => ({ ...epic, status: 'archived' })),
  when(EpicRestored, (epic) => ({ ...epic, status: 'active' })),
  when(EpicCompleted, (epic) => ({ ...epic, is_complete: true })),
  when(EpicReopened, (epic) => ({ ...epic, is_complete: false })),
  when(EpicDeleted, (epic) => ({ ...epic, status: 'deleted' })),
]);
