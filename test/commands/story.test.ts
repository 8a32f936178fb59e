import { test } from 'tap';
import {
  archiveStory,
  changeStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import { StoryChanged, StoryCriteriaRevised, StoryDeleted, StoryRestored } from '../../events/story.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from '../support/given.ts';
import {
  dependencyAdded,
  dependencyRemoved,
  edgeOf,
  epicArchived,
  epicCreated,
  epicId,
  projectArchived,
  projectCreated,
  projectId,
  storyArchived,
  storyCreated,
  storyId,
  storyRef,
} from '../support/work.ts';

const frame = [projectCreated(), epicCreated(1)];
const create = (number?: string) => ({
  story_id: storyId(number ?? '1.1'),
  epic_id: epicId(1),
  title: `Story ${number ?? '1.1'}`,
  ...(number === undefined ? {} : { number }),
});
const named = { story_id: storyId('1.1') };
const restored = record(StoryRestored, storyRef('1.1'), {}, projectId());
const deleted = (number = '1.1') =>
  record(
    StoryDeleted,
    storyRef(number),
    { epic_id: epicId(Number(number[0])), project_id: projectId(), number },
    projectId(),
  );

test('a story gets the next number of its epic, priority 2 and no criteria when none are said', (t) => {
  given(t, ...frame)
    .by('orchestrator')
    .when(createStory, create())
    .thenEvents(storyCreated('1.1'));
  const { events } = given(t, ...frame, storyCreated('1.9')).when(createStory, {
    ...create(),
    story_id: idOf(5),
  });
  t.equal(events[0]?.data['number'], '1.10');
  t.end();
});

test('a finer number takes the place of its parent in the row', (t) => {
  const { events } = given(t, ...frame, storyCreated('1.4.2')).when(createStory, { ...create(), story_id: idOf(5) });
  t.equal(events[0]?.data['number'], '1.5');
  t.end();
});

test('the number of a story is not given again, not even that of a deleted one', (t) => {
  given(t, ...frame, storyCreated('1.1'))
    .when(createStory, create('1.1'))
    .thenRefused('story_number_taken');
  given(t, ...frame, storyCreated('1.1'), deleted())
    .when(createStory, create('1.1'))
    .thenRefused('story_number_taken');
  given(t, ...frame, storyCreated('1.7'))
    .when(createStory, create('1.3'))
    .thenEvents(storyCreated('1.3'));
  t.end();
});

test('the number of a story begins with that of its epic', (t) => {
  given(t, ...frame)
    .when(createStory, create('2.1'))
    .thenRefused('story_number_foreign');
  given(t, ...frame)
    .when(createStory, create('11.1'))
    .thenRefused('story_number_foreign');
  t.end();
});

test('a story is only added to an epic that is there and open', (t) => {
  given(t, projectCreated()).when(createStory, create()).thenRefused('epic_not_found');
  given(t, ...frame, epicArchived(1))
    .when(createStory, create())
    .thenRefused('epic_archived');
  given(t, ...frame, projectArchived())
    .when(createStory, create())
    .thenRefused('project_archived');
  t.end();
});

test('a story changes its priority, and the same priority again changes nothing', (t) => {
  const history = [...frame, storyCreated('1.1')];
  const changed = record(StoryChanged, storyRef('1.1'), { priority: 0 }, projectId());
  const command = { ...named, changes: { priority: 0 } };
  given(t, ...history)
    .when(changeStory, command)
    .thenEvents(changed);
  given(t, ...history, changed)
    .when(changeStory, command)
    .thenEvents();
  t.end();
});

test('nothing about a story changes while it, its epic or its project is archived', (t) => {
  const history = [...frame, storyCreated('1.1')];
  const closed = [
    [storyArchived('1.1'), 'story_archived'],
    [epicArchived(1), 'epic_archived'],
    [projectArchived(), 'project_archived'],
  ] as const;
  for (const [event, code] of closed) {
    given(t, ...history, event)
      .when(changeStory, { ...named, changes: { priority: 0 } })
      .thenRefused(code);
    given(t, ...history, event)
      .when(reviseCriteria, { ...named, criteria: [] })
      .thenRefused(code);
  }
  t.end();
});

test('criteria that differ are a new revision, and the same ones change nothing', (t) => {
  const criteria = [{ text: 'It works', binding: 'test:it works' }];
  const revised = record(StoryCriteriaRevised, storyRef('1.1'), { revision: 2, criteria }, projectId());
  const history = [...frame, storyCreated('1.1')];
  given(t, ...history)
    .when(reviseCriteria, { ...named, criteria })
    .thenEvents(revised);
  given(t, ...history, revised)
    .when(reviseCriteria, { ...named, criteria })
    .thenEvents();
  const unbound = [{ text: 'It works', binding: null }];
  given(t, ...history, revised)
    .when(reviseCriteria, { ...named, criteria: unbound })
    .thenEvents(record(StoryCriteriaRevised, storyRef('1.1'), { revision: 3, criteria: unbound }, projectId()));
  t.end();
});

test('archiving and restoring a story twice changes nothing the second time', (t) => {
  const history = [...frame, storyCreated('1.1')];
  given(t, ...history)
    .when(archiveStory, named)
    .thenEvents(storyArchived('1.1'));
  given(t, ...history, storyArchived('1.1'))
    .when(archiveStory, named)
    .thenEvents();
  given(t, ...history, storyArchived('1.1'))
    .when(restoreStory, named)
    .thenEvents(restored);
  given(t, ...history)
    .when(restoreStory, named)
    .thenEvents();
  given(t, ...history, epicArchived(1))
    .when(archiveStory, named)
    .thenRefused('epic_archived');
  given(t, ...history, epicArchived(1))
    .when(restoreStory, named)
    .thenRefused('epic_archived');
  t.end();
});

test('a story that others need is not deleted, and one that needs others forgets them', (t) => {
  const edges = [edgeOf(1, '1.2', '1.1'), edgeOf(2, '1.2', '1.3')];
  const stories = ['1.1', '1.2', '1.3'].map((number) => storyCreated(number));
  const history = [...frame, ...stories, ...edges.map(dependencyAdded)];
  const decision = given(t, ...history).when(deleteStory, named);
  decision.thenRefused('story_has_dependents');
  t.strictSame(decision.refusal?.extra.members?.['dependents'], [
    { level: 'story', id: storyId('1.2'), number: '1.2' },
  ]);
  given(t, ...history)
    .when(deleteStory, { story_id: storyId('1.2') })
    .thenEvents(deleted('1.2'), ...edges.map(dependencyRemoved));
  given(t, ...history, deleted('1.2'), ...edges.map(dependencyRemoved))
    .when(deleteStory, named)
    .thenEvents(deleted());
  t.end();
});

test('a deleted story is like one that never was', (t) => {
  for (const history of [frame, [...frame, storyCreated('1.1'), deleted()]]) {
    given(t, ...history)
      .when(changeStory, { ...named, changes: { priority: 0 } })
      .thenRefused('story_not_found');
    given(t, ...history)
      .when(reviseCriteria, { ...named, criteria: [] })
      .thenRefused('story_not_found');
    for (const definition of [archiveStory, restoreStory, deleteStory]) {
      given(t, ...history)
        .when(definition, named)
        .thenRefused('story_not_found');
    }
  }
  t.end();
});
