import { test } from 'tap';
import { dependencyRoutes } from '../../api/dependency.ts';
import { epicRoutes } from '../../api/epic.ts';
import { projectRoutes } from '../../api/project.ts';
import { storyCriteriaRoutes } from '../../api/story-criteria.ts';
import { storyHistoryRoutes } from '../../api/story-history.ts';
import { storyQueueRoutes } from '../../api/story-queue.ts';
import { storyRoutes } from '../../api/story.ts';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { archiveEpic, changeEpic, createEpic, deleteEpic, restoreEpic } from '../../commands/epic.ts';
import { archiveProject, changeProject, createProject, deleteProject, restoreProject } from '../../commands/project.ts';
import {
  archiveStory,
  changeStory,
  createStory,
  deleteStory,
  restoreStory,
  reviseCriteria,
} from '../../commands/story.ts';
import { describeRule, type Role, roles } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { given, idOf } from '../support/given.ts';
import { dependencyAdded, edgeOf, epicId, plan, projectId, storyId } from '../support/work.ts';

const composing: readonly Role[] = ['orchestrator', 'user', 'superadmin'];
const removing: readonly Role[] = ['user', 'superadmin'];
const edge = edgeOf(1, '3.2', '3.1');
const project = { project_id: projectId(), name: 'n', slug: 'n', changes: { name: 'n' } };
const epic = { project_id: projectId(), epic_id: epicId(1), title: 't', changes: { title: 't' } };
const story = { epic_id: epicId(1), story_id: storyId('1.1'), title: 't', changes: { title: 't' }, criteria: [] };
const adding = { dependency_id: idOf(7), project_id: projectId(), level: 'story', from_id: storyId('1.2') };
const naming = { project_id: projectId(), level: 'story', from_id: edge.from.id, named: edge.dependency_id };

/** Who may, by command; everybody else is refused for the role, before anything else is looked at. */
const matrix: readonly [CommandDefinition<never>, unknown, readonly Role[]][] = [
  [createProject, { ...project, project_id: idOf(6) }, composing],
  [changeProject, project, composing],
  [archiveProject, project, removing],
  [restoreProject, project, removing],
  [deleteProject, project, removing],
  [createEpic, { ...epic, epic_id: idOf(6) }, composing],
  [changeEpic, epic, composing],
  [archiveEpic, epic, removing],
  [restoreEpic, epic, removing],
  [deleteEpic, epic, removing],
  [createStory, { ...story, story_id: idOf(6) }, composing],
  [changeStory, story, composing],
  [reviseCriteria, story, composing],
  [archiveStory, story, removing],
  [restoreStory, story, removing],
  [deleteStory, story, removing],
  [addDependency, { ...adding, needs_id: storyId('1.1') }, composing],
  [removeDependency, naming, composing],
];

test('each command on the work is open to exactly the roles of the matrix', (t) => {
  for (const [definition, command, allowed] of matrix) {
    for (const role of roles) {
      const { refusal } = given(t, ...plan(), dependencyAdded(edge))
        .by(role)
        .when(definition, command as never);
      t.equal(refusal?.code !== 'role_forbidden', allowed.includes(role), `${role} ${definition.name}`);
    }
  }
  t.end();
});

test('each route of the work asks at the door for the role that its command asks for', (t) => {
  const routes = [
    ...projectRoutes,
    ...epicRoutes,
    ...storyRoutes,
    ...storyCriteriaRoutes,
    ...storyHistoryRoutes,
    ...storyQueueRoutes,
    ...dependencyRoutes,
  ];
  t.equal(routes.length, 38);
  for (const { method, role, operation } of routes) {
    // How work is verified is not said by whoever has it done.
    const people = /^(archive|restore|delete|setProjectVerification)/.test(operation);
    const expected = method === 'GET' ? 'agent+' : people ? 'user+' : 'orchestrator+';
    t.equal(role === 'public' ? 'public' : describeRule(role), expected, operation);
  }
  t.end();
});
