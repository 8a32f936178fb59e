import { test } from 'tap';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { dependencyLimits } from '../../policies/dependency.ts';
import { given, idOf } from '../support/given.ts';
import {
  dependencyAdded,
  dependencyRemoved,
  edgeOf,
  epicArchived,
  epicCreated,
  epicId,
  plan,
  projectArchived,
  projectCreated,
  projectId,
  storyArchived,
  storyCreated,
  storyId,
} from '../support/work.ts';

/** `add(1, '1.2', '1.1')`: 1.2 needs 1.1. */
function add(id: number, from: string, to: string) {
  const { dependency_id, level, from: needing, to: needed } = edgeOf(id, from, to);
  return { dependency_id, level, project_id: projectId(), from_id: needing.id, needs_id: needed.id };
}

function remove(from: string, named: string) {
  const { level, from: needing } = edgeOf(0, from, from);
  return { level, project_id: projectId(), from_id: needing.id, named };
}

test('a story needs another story of its project, of the same epic or another', (t) => {
  given(t, ...plan())
    .when(addDependency, add(1, '1.2', '1.1'))
    .thenEvents(dependencyAdded(edgeOf(1, '1.2', '1.1')));
  given(t, ...plan())
    .by('orchestrator')
    .when(addDependency, add(1, '1.2', '3.1'))
    .thenEvents(dependencyAdded(edgeOf(1, '1.2', '3.1')));
  t.end();
});

test('an epic needs another epic of its project', (t) => {
  given(t, ...plan())
    .when(addDependency, add(1, '2', '1'))
    .thenEvents(dependencyAdded(edgeOf(1, '2', '1')));
  t.end();
});

test('nothing needs itself', (t) => {
  given(t, ...plan())
    .when(addDependency, add(1, '1.1', '1.1'))
    .thenRefused('dependency_self');
  given(t, ...plan())
    .when(addDependency, add(1, '2', '2'))
    .thenRefused('dependency_self');
  t.end();
});

test('a dependency is not added twice, and the refusal names the one that is there', (t) => {
  const known = edgeOf(1, '1.2', '1.1');
  const decision = given(t, ...plan(), dependencyAdded(known)).when(addDependency, add(2, '1.2', '1.1'));
  decision.thenRefused('dependency_exists');
  t.equal(decision.refusal?.extra.members?.['dependency_id'], known.dependency_id);
  t.end();
});

test('a dependency that was removed can be added again', (t) => {
  const edge = edgeOf(1, '1.2', '1.1');
  given(t, ...plan(), dependencyAdded(edge), dependencyRemoved(edge))
    .when(addDependency, add(2, '1.2', '1.1'))
    .thenEvents(dependencyAdded(edgeOf(2, '1.2', '1.1')));
  t.end();
});

test('a circle of stories is refused, and named by its numbers', (t) => {
  const history = [dependencyAdded(edgeOf(1, '1.2', '1.1')), dependencyAdded(edgeOf(2, '2.1', '1.2'))];
  const decision = given(t, ...plan(), ...history).when(addDependency, add(3, '1.1', '2.1'));
  decision.thenRefused('dependency_cycle');
  const cycle = decision.refusal?.extra.members?.['cycle'] as { number: string }[];
  t.strictSame(
    cycle.map(({ number }) => number),
    ['1.1', '2.1', '1.2', '1.1'],
  );
  t.end();
});

test('a circle of epics is refused', (t) => {
  const history = [dependencyAdded(edgeOf(1, '2', '1')), dependencyAdded(edgeOf(2, '3', '2'))];
  given(t, ...plan(), ...history)
    .when(addDependency, add(3, '1', '3'))
    .thenRefused('dependency_cycle');
  t.end();
});

test('a circle that was opened by removing one of its edges can be closed elsewhere', (t) => {
  const edge = edgeOf(1, '1.2', '1.1');
  given(t, ...plan(), dependencyAdded(edge), dependencyRemoved(edge))
    .when(addDependency, add(2, '1.1', '1.2'))
    .thenEvents(dependencyAdded(edgeOf(2, '1.1', '1.2')));
  t.end();
});

test('a story cannot need a story of an epic that waits for its own epic, directly or over others', (t) => {
  const chain = [dependencyAdded(edgeOf(1, '2', '1')), dependencyAdded(edgeOf(2, '3', '2'))];
  given(t, ...plan(), ...chain)
    .when(addDependency, add(3, '1.1', '2.1'))
    .thenRefused('dependency_deadlock');
  const decision = given(t, ...plan(), ...chain).when(addDependency, add(3, '1.1', '3.1'));
  decision.thenRefused('dependency_deadlock');
  const cycle = decision.refusal?.extra.members?.['cycle'] as { level: string; number: string }[];
  t.strictSame(
    cycle.map(({ level, number }) => `${level} ${number}`),
    ['story 1.1', 'story 3.1', 'epic 3', 'epic 2', 'epic 1', 'story 1.1'],
  );
  t.end();
});

test('an epic cannot need an epic whose story waits for a story of it', (t) => {
  given(t, ...plan(), dependencyAdded(edgeOf(1, '1.1', '2.1')))
    .when(addDependency, add(2, '2', '1'))
    .thenRefused('dependency_deadlock');
  t.end();
});

test('a story may need a story of an epic that its own epic needs', (t) => {
  given(t, ...plan(), dependencyAdded(edgeOf(1, '2', '1')))
    .when(addDependency, add(2, '2.1', '1.3'))
    .thenEvents(dependencyAdded(edgeOf(2, '2.1', '1.3')));
  t.end();
});

test('dependencies do not leave a project', (t) => {
  const other = [projectCreated(2), epicCreated(1, 2), storyCreated('1.1', {}, 2)];
  const command = { ...add(1, '1.2', '1.1'), needs_id: storyId('1.1', 2) };
  given(t, ...plan(), ...other)
    .when(addDependency, command)
    .thenRefused('dependency_foreign_project');
  given(t, ...plan(), ...other)
    .when(addDependency, { ...add(1, '2', '1'), needs_id: epicId(1, 2) })
    .thenRefused('dependency_foreign_project');
  t.end();
});

test('neither end of a new dependency is archived, nor its epic, nor the project', (t) => {
  const command = add(1, '1.2', '2.1');
  for (const number of ['1.2', '2.1']) {
    given(t, ...plan(), storyArchived(number))
      .when(addDependency, command)
      .thenRefused('story_archived');
  }
  for (const epic of [1, 2]) {
    given(t, ...plan(), epicArchived(epic))
      .when(addDependency, command)
      .thenRefused('epic_archived');
    given(t, ...plan(), epicArchived(epic))
      .when(addDependency, add(1, '2', '1'))
      .thenRefused('epic_archived');
  }
  given(t, ...plan(), projectArchived())
    .when(addDependency, command)
    .thenRefused('project_archived');
  t.end();
});

test('what does not exist is neither needed nor needs', (t) => {
  given(t, ...plan())
    .when(addDependency, add(1, '1.2', '1.9'))
    .thenRefused('story_not_found');
  given(t, ...plan())
    .when(addDependency, add(1, '9', '1'))
    .thenRefused('epic_not_found');
  t.end();
});

test('a story has a bounded number of needs', (t) => {
  const numbers = Array.from({ length: dependencyLimits.perObject + 1 }, (_, index) => index);
  const many = numbers.map((index) => storyCreated(`${10 + Math.floor(index / 90)}.${1 + (index % 90)}`));
  const edges = many.map((story, index) => edgeOf(index, '1.1', story.data['number'] as string));
  const last = edges.pop();
  t.ok(last);
  const history = [...plan(), ...[10, 11, 12].map((epic) => epicCreated(epic)), ...many, ...edges.map(dependencyAdded)];
  given(t, ...history)
    .when(addDependency, add(999, '1.1', last?.to.number ?? ''))
    .thenRefused('dependency_limit');
  given(t, ...history)
    .when(addDependency, add(999, '1.2', last?.to.number ?? ''))
    .thenEvents(dependencyAdded(edgeOf(999, '1.2', last?.to.number ?? '')));
  t.end();
});

test('a dependency is removed by its id or by what is needed', (t) => {
  const edge = edgeOf(1, '1.2', '1.1');
  const history = [...plan(), dependencyAdded(edge)];
  for (const named of [edge.dependency_id, edge.to.id]) {
    given(t, ...history)
      .by('orchestrator')
      .when(removeDependency, remove('1.2', named))
      .thenEvents(dependencyRemoved(edge));
  }
  t.end();
});

test('a dependency is removed from the side that needs, once, and by its own name', (t) => {
  const edge = edgeOf(1, '1.2', '1.1');
  const history = [...plan(), dependencyAdded(edge)];
  given(t, ...history)
    .when(removeDependency, remove('1.1', edge.dependency_id))
    .thenRefused('dependency_not_found');
  given(t, ...history)
    .when(removeDependency, remove('1.2', idOf(5)))
    .thenRefused('dependency_not_found');
  given(t, ...history, dependencyRemoved(edge))
    .when(removeDependency, remove('1.2', edge.dependency_id))
    .thenRefused('dependency_not_found');
  t.end();
});

test('an archived story keeps its dependencies, and the need for an archived one can be removed', (t) => {
  const edge = edgeOf(1, '1.2', '1.1');
  const history = [...plan(), dependencyAdded(edge)];
  given(t, ...history, storyArchived('1.2'))
    .when(removeDependency, remove('1.2', edge.dependency_id))
    .thenRefused('story_archived');
  given(t, ...history, storyArchived('1.1'))
    .when(removeDependency, remove('1.2', edge.dependency_id))
    .thenEvents(dependencyRemoved(edge));
  t.end();
});
