import { test } from 'tap';
import { archiveEpic, changeEpic, createEpic, deleteEpic, restoreEpic } from '../../commands/epic.ts';
import { EpicChanged, EpicDeleted, EpicRestored } from '../../events/epic.ts';
import { StoryDeleted } from '../../events/story.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from '../support/given.ts';
import {
  dependencyAdded,
  dependencyRemoved,
  edgeOf,
  epicArchived,
  epicCreated,
  epicId,
  epicRef,
  projectArchived,
  projectCreated,
  projectId,
  storyCreated,
  storyRef,
} from '../support/work.ts';

const create = (number?: number) => ({
  epic_id: epicId(number ?? 1),
  project_id: projectId(),
  title: `Epic ${number ?? 1}`,
  ...(number === undefined ? {} : { number }),
});
const named = { epic_id: epicId(1) };
const restored = record(EpicRestored, epicRef(1), {}, projectId());
const deleted = (epic = 1) =>
  record(EpicDeleted, epicRef(epic), { project_id: projectId(), number: epic }, projectId());

test('an epic gets the next number of its project', (t) => {
  given(t, projectCreated()).by('orchestrator').when(createEpic, create()).thenEvents(epicCreated(1));
  const { events } = given(t, projectCreated(), epicCreated(1), epicCreated(7)).when(createEpic, {
    ...create(),
    epic_id: idOf(5),
  });
  t.equal(events[0]?.data['number'], 8);
  t.end();
});

test('the number of an epic is not given again, not even that of a deleted one', (t) => {
  given(t, projectCreated(), epicCreated(1)).when(createEpic, create(1)).thenRefused('epic_number_taken');
  given(t, projectCreated(), epicCreated(1), deleted()).when(createEpic, create(1)).thenRefused('epic_number_taken');
  given(t, projectCreated(), epicCreated(7)).when(createEpic, create(3)).thenEvents(epicCreated(3));
  t.end();
});

test('two projects number their epics by themselves', (t) => {
  given(t, projectCreated(), projectCreated(2), epicCreated(1, 2))
    .when(createEpic, create(1))
    .thenEvents(epicCreated(1));
  t.end();
});

test('an epic is only added to a project that is there and open', (t) => {
  given(t).when(createEpic, create()).thenRefused('project_not_found');
  given(t, projectCreated(), projectArchived()).when(createEpic, create()).thenRefused('project_archived');
  t.end();
});

test('an epic changes its title, and the same title again changes nothing', (t) => {
  const changed = record(EpicChanged, epicRef(1), { title: 'Other' }, projectId());
  const command = { ...named, changes: { title: 'Other' } };
  const history = [projectCreated(), epicCreated(1)];
  given(t, ...history)
    .when(changeEpic, command)
    .thenEvents(changed);
  given(t, ...history, changed)
    .when(changeEpic, command)
    .thenEvents();
  given(t, ...history, epicArchived(1))
    .when(changeEpic, command)
    .thenRefused('epic_archived');
  given(t, ...history, projectArchived())
    .when(changeEpic, command)
    .thenRefused('project_archived');
  t.end();
});

test('archiving and restoring an epic twice changes nothing the second time', (t) => {
  const history = [projectCreated(), epicCreated(1)];
  given(t, ...history)
    .when(archiveEpic, named)
    .thenEvents(epicArchived(1));
  given(t, ...history, epicArchived(1))
    .when(archiveEpic, named)
    .thenEvents();
  given(t, ...history, epicArchived(1))
    .when(restoreEpic, named)
    .thenEvents(restored);
  given(t, ...history)
    .when(restoreEpic, named)
    .thenEvents();
  given(t, ...history, projectArchived())
    .when(archiveEpic, named)
    .thenRefused('project_archived');
  given(t, ...history, projectArchived())
    .when(restoreEpic, named)
    .thenRefused('project_archived');
  t.end();
});

test('an epic with stories is not deleted', (t) => {
  const history = [projectCreated(), epicCreated(1), storyCreated('1.1')];
  given(t, ...history)
    .when(deleteEpic, named)
    .thenRefused('epic_not_empty');
  const storyDeleted = record(StoryDeleted, storyRef('1.1'), { epic_id: epicId(1) }, projectId());
  given(t, ...history, storyDeleted)
    .when(deleteEpic, named)
    .thenEvents(deleted());
  t.end();
});

test('an epic that others need is not deleted, and one that needs others forgets them', (t) => {
  const edge = edgeOf(1, '2', '1');
  const history = [projectCreated(), epicCreated(1), epicCreated(2), dependencyAdded(edge)];
  const decision = given(t, ...history).when(deleteEpic, named);
  decision.thenRefused('epic_has_dependents');
  t.strictSame(decision.refusal?.extra.members?.['dependents'], [{ level: 'epic', id: epicId(2), number: '2' }]);
  given(t, ...history)
    .when(deleteEpic, { epic_id: epicId(2) })
    .thenEvents(deleted(2), dependencyRemoved(edge));
  given(t, ...history, dependencyRemoved(edge))
    .when(deleteEpic, named)
    .thenEvents(deleted());
  t.end();
});

test('a deleted epic is like one that never was', (t) => {
  for (const history of [[projectCreated()], [projectCreated(), epicCreated(1), deleted()]]) {
    given(t, ...history)
      .when(changeEpic, { ...named, changes: { title: 'x' } })
      .thenRefused('epic_not_found');
    for (const definition of [archiveEpic, restoreEpic, deleteEpic]) {
      given(t, ...history)
        .when(definition, named)
        .thenRefused('epic_not_found');
    }
  }
  t.end();
});
