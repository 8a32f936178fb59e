// Story: the unit of work, with the criteria by which it is judged.
import { type Static, Type } from 'typebox';
import { Id, LongText, Name } from '../kernel/shape.ts';
import { born, defineStream, eventType, when } from '../kernel/stream.ts';
import { custodySteps, withNewCriteria } from './story-custody.ts';
import { type Life, untouched } from './story-custody-life.ts';

/** `<epic>.<n>`, and finer where a plan needs it: 1.2, 1.10, 1.10.1. Sorted by its parts as numbers. */
export const StoryNumber = Type.String({ pattern: '^[1-9]\\d{0,5}(\\.[1-9]\\d{0,5}){1,3}$', maxLength: 27 });

const Criterion = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 2_000 }),
    /** How a machine may check it; null is judged by a reader. */
    binding: Type.Union([
      Type.String({ pattern: '^(test|code|route|migration|manual):[^\\u0000-\\u001f]{1,500}$', maxLength: 520 }),
      Type.Null(),
    ]),
  },
  { additionalProperties: false },
);
export const Criteria = Type.Array(Criterion, { maxItems: 100 });
const StoryPriority = Type.Integer({ minimum: 0, maximum: 4 });
export const storyFields = {
  title: Name,
  description: LongText,
  priority: StoryPriority,
  estimate: Type.Union([Type.Integer({ minimum: 0, maximum: 10_000 }), Type.Null()]),
} as const;

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export const StoryCreated = eventType(
  'story.created',
  Type.Object({ project_id: Id, epic_id: Id, number: StoryNumber, ...storyFields, criteria: Criteria }, closed),
  'A story was added to an epic, with the first revision of its criteria.',
);
export const StoryChanged = eventType(
  'story.changed',
  Type.Partial(Type.Object(storyFields), closed),
  'Title, description, priority or estimate of a story changed.',
);
export const StoryCriteriaRevised = eventType(
  'story.criteria_revised',
  Type.Object({ revision: Type.Integer({ minimum: 2 }), criteria: Criteria }, closed),
  'The acceptance criteria of a story got a new revision.',
);
export const StoryArchived = eventType('story.archived', none, 'A story was archived: nothing in it changes.');
export const StoryRestored = eventType('story.restored', none, 'An archived story was taken up again.');
/** Project, epic and number stay on the fact, so that stories are counted and numbers known from the facts alone. */
export const StoryDeleted = eventType(
  'story.deleted',
  Type.Object({ epic_id: Id, project_id: Type.Optional(Id), number: Type.Optional(StoryNumber) }, closed),
  'A story was deleted. Its history stays in the log.',
);

export interface Story extends Static<typeof StoryCreated.shape>, Life {
  readonly criteria_revision: number;
  readonly status: 'active' | 'archived' | 'deleted';
}

export const storyStream = defineStream<Story>('story', [
  born(StoryCreated, (data) => ({
    ...data,
    criteria_revision: 1,
    ...untouched,
    status: 'active',
  })),
  when(StoryChanged, (story, data) => ({ ...story, ...data })),
  when(StoryCriteriaRevised, (story, { revision, criteria }) => ({
    ...story,
    ...withNewCriteria(story),
    criteria,
    criteria_revision: revision,
  })),
  when(StoryArchived, (story) => ({ ...story, status: 'archived' })),
  when(StoryRestored, (story) => ({ ...story, status: 'active' })),
  when(StoryDeleted, (story) => ({ ...story, status: 'deleted' })),
  ...custodySteps<Story>(),
]);
