import { test } from 'tap';
import { type Dependencies, dependencyStream, noDependencies } from '../../events/dependency.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { dependencyAdded, dependencyRemoved, edgeOf, epicId, storyId } from '../support/work.ts';

function fold(...events: readonly NewEvent[]): Dependencies {
  return events.reduce<Dependencies | undefined>(
    (graph, event, index) => dependencyStream.evolve(graph, { ...event, version: index + 1, actor: {} }),
    undefined,
  ) as Dependencies;
}

test('an edge is found from both of its ends', (t) => {
  const edge = edgeOf(1, '1.2', '2.1');
  const graph = fold(dependencyAdded(edge));
  t.strictSame(graph.needs.get(storyId('1.2')), [edge]);
  t.strictSame(graph.neededBy.get(storyId('2.1')), [edge]);
  t.equal(graph.needs.get(storyId('2.1')), undefined);
  t.equal(graph.count, 1);
  t.end();
});

test('a story counts among those of its epic as long as it has an edge', (t) => {
  const one = edgeOf(1, '1.2', '2.1');
  const other = edgeOf(2, '1.3', '1.2');
  const numbers = (graph: Dependencies, epic: number) => graph.stories.get(epicId(epic))?.map(({ number }) => number);
  const both = fold(dependencyAdded(one), dependencyAdded(other));
  t.strictSame([numbers(both, 1), numbers(both, 2)], [['1.2', '1.3'], ['2.1']]);
  const left = fold(dependencyAdded(one), dependencyAdded(other), dependencyRemoved(one));
  t.strictSame([numbers(left, 1), numbers(left, 2)], [['1.2', '1.3'], undefined]);
  t.end();
});

test('an edge between epics brings no stories', (t) => {
  const graph = fold(dependencyAdded(edgeOf(1, '2', '1')));
  t.equal(graph.stories.size, 0);
  t.strictSame(
    graph.needs.get(epicId(2))?.map(({ to }) => to.id),
    [epicId(1)],
  );
  t.end();
});

test('a graph whose edges are all removed is empty', (t) => {
  const edges = [edgeOf(1, '1.2', '2.1'), edgeOf(2, '2', '1'), edgeOf(3, '1.2', '1.1')];
  const graph = fold(...edges.map(dependencyAdded), ...edges.map(dependencyRemoved));
  t.strictSame([graph.count, graph.needs.size, graph.neededBy.size, graph.stories.size], [0, 0, 0, 0]);
  t.equal(noDependencies.needs.size, 0);
  t.end();
});
