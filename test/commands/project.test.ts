import { test } from 'tap';
import { archiveProject, changeProject, createProject, deleteProject, restoreProject } from '../../commands/project.ts';
import { EpicDeleted } from '../../events/epic.ts';
import { ProjectChanged, ProjectDeleted, ProjectRestored } from '../../events/project.ts';
import { record } from '../../kernel/stream.ts';
import { given, personFor } from '../support/given.ts';
import { epicCreated, epicRef, projectArchived, projectCreated, projectId, projectRef } from '../support/work.ts';

const create = { project_id: projectId(), name: 'Project 1', slug: 'project-1' };
const named = { project_id: projectId() };
const restored = record(ProjectRestored, projectRef(), {}, projectId());
const deleted = record(ProjectDeleted, projectRef(), { slug: 'project-1' }, projectId());

test('a project is created with an empty description when none is said', (t) => {
  given(t).by('orchestrator').when(createProject, create).thenEvents(projectCreated());
  t.end();
});

test('a slug is given once among the projects that are not deleted', (t) => {
  const again = { ...create, project_id: projectId(2) };
  given(t, projectCreated()).when(createProject, again).thenRefused('project_slug_taken');
  given(t, projectCreated(), projectArchived()).when(createProject, again).thenRefused('project_slug_taken');
  const { events } = given(t, projectCreated(), deleted).when(createProject, again);
  t.equal(events.length, 1);
  t.end();
});

test('a project changes its name, and the same name again changes nothing', (t) => {
  const changed = record(ProjectChanged, projectRef(), { name: 'Other' }, projectId());
  const command = { ...named, changes: { name: 'Other' } };
  given(t, projectCreated()).when(changeProject, command).thenEvents(changed);
  given(t, projectCreated(), changed).when(changeProject, command).thenEvents();
  t.end();
});

test('an archived project does not change until it is restored', (t) => {
  const command = { ...named, changes: { name: 'Other' } };
  given(t, projectCreated(), projectArchived()).when(changeProject, command).thenRefused('project_archived');
  const { refusal } = given(t, projectCreated(), projectArchived(), restored).when(changeProject, command);
  t.equal(refusal, null);
  t.end();
});

test('archiving and restoring a project twice changes nothing the second time', (t) => {
  given(t, projectCreated()).when(archiveProject, named).thenEvents(projectArchived());
  given(t, projectCreated(), projectArchived()).when(archiveProject, named).thenEvents();
  given(t, projectCreated(), projectArchived()).when(restoreProject, named).thenEvents(restored);
  given(t, projectCreated()).when(restoreProject, named).thenEvents();
  t.end();
});

test('a project with epics is not deleted', (t) => {
  const person = personFor('deleteProject');
  given(t, projectCreated(), epicCreated(1)).by(person).when(deleteProject, named).thenRefused('project_not_empty');
  const epicDeleted = record(EpicDeleted, epicRef(1), { project_id: projectId() }, projectId());
  given(t, projectCreated(), epicCreated(1), epicDeleted).by(person).when(deleteProject, named).thenEvents(deleted);
  t.end();
});

test('a project is deleted by a person who confirmed this very act', (t) => {
  given(t, projectCreated()).when(deleteProject, named).thenRefused('step_up_required');
  given(t, projectCreated()).by(personFor('createDispatch')).when(deleteProject, named).thenRefused('step_up_required');
  given(t, projectCreated()).by(personFor('deleteProject')).when(deleteProject, named).thenEvents(deleted);
  t.end();
});

test('a deleted project is like one that never was', (t) => {
  for (const history of [[], [projectCreated(), deleted]]) {
    given(t, ...history)
      .when(changeProject, { ...named, changes: { name: 'x' } })
      .thenRefused('project_not_found');
    for (const definition of [archiveProject, restoreProject, deleteProject]) {
      given(t, ...history)
        .by(personFor('deleteProject'))
        .when(definition, named)
        .thenRefused('project_not_found');
    }
  }
  t.end();
});
