// Dependencies of a project: which story needs which, which epic needs which. One stream holds the whole graph of a
// project, under the project's id, so that two edges that close a cycle together are decided one after the other.
import { type Static, Type } from 'typebox';
import type { NewEvent } from '../kernel/event.ts';
import { PersistentMap } from '../kernel/persistent-map.ts';
import { Id } from '../kernel/shape.ts';
import { defineStream, eventType, record, when } from '../kernel/stream.ts';

export const DependencyLevel = Type.Enum(['story', 'epic']);
export type DependencyLevel = Static<typeof DependencyLevel>;

const closed = { additionalProperties: false } as const;

/** A story with its epic, or an epic, which then stands for itself. Numbers never change, so they may be kept here. */
const DependencyEnd = Type.Object(
  { id: Id, number: Type.String({ minLength: 1, maxLength: 27 }), epic_id: Id },
  closed,
);
export type DependencyEnd = Static<typeof DependencyEnd>;

const DependencyEdge = Type.Object(
  { dependency_id: Id, level: DependencyLevel, from: DependencyEnd, to: DependencyEnd },
  closed,
);
export type DependencyEdge = Static<typeof DependencyEdge>;

export const DependencyAdded = eventType(
  'dependency.added',
  DependencyEdge,
  'A story or an epic now needs another one: `from` needs `to`.',
);
export const DependencyRemoved = eventType(
  'dependency.removed',
  DependencyEdge,
  'A story or an epic no longer needs another one.',
);

export interface Dependencies {
  readonly count: number;
  /** By the id of the story or epic that needs. */
  readonly needs: PersistentMap<readonly DependencyEdge[]>;
  /** By the id of the story or epic that is needed. */
  readonly neededBy: PersistentMap<readonly DependencyEdge[]>;
  /** By epic: its stories that have an edge of their own. */
  readonly stories: PersistentMap<readonly DependencyEnd[]>;
}

export const noDependencies: Dependencies = {
  count: 0,
  needs: PersistentMap.empty(),
  neededBy: PersistentMap.empty(),
  stories: PersistentMap.empty(),
};

export const dependencyStream = defineStream<Dependencies>('dependency', [
  // Any project begins without a graph, so the first edge is like every other.
  { kind: DependencyAdded, apply: (graph, edge) => withEdge(graph ?? noDependencies, edge as DependencyEdge) },
  when(DependencyRemoved, withoutEdge),
]);

function storyEnds({ level, from, to }: DependencyEdge): readonly DependencyEnd[] {
  return level === 'story' ? [from, to] : [];
}

function withEdge(graph: Dependencies, edge: DependencyEdge): Dependencies {
  let { stories } = graph;
  for (const end of storyEnds(edge)) {
    if (!hasEdges(graph, end.id)) stories = stories.set(end.epic_id, [...(stories.get(end.epic_id) ?? []), end]);
  }
  return {
    count: graph.count + 1,
    needs: graph.needs.set(edge.from.id, [...(graph.needs.get(edge.from.id) ?? []), edge]),
    neededBy: graph.neededBy.set(edge.to.id, [...(graph.neededBy.get(edge.to.id) ?? []), edge]),
    stories,
  };
}

function withoutEdge(graph: Dependencies, edge: DependencyEdge): Dependencies {
  const rest: Dependencies = {
    ...graph,
    count: graph.count - 1,
    needs: withoutItem(graph.needs, edge.from.id, ({ dependency_id }) => dependency_id === edge.dependency_id),
    neededBy: withoutItem(graph.neededBy, edge.to.id, ({ dependency_id }) => dependency_id === edge.dependency_id),
  };
  let { stories } = rest;
  for (const end of storyEnds(edge)) {
    if (!hasEdges(rest, end.id)) stories = withoutItem(stories, end.epic_id, ({ id }) => id === end.id);
  }
  return { ...rest, stories };
}

function hasEdges(graph: Dependencies, id: string): boolean {
  return graph.needs.get(id) !== undefined || graph.neededBy.get(id) !== undefined;
}

function withoutItem<Item>(
  map: PersistentMap<readonly Item[]>,
  key: string,
  matches: (item: Item) => boolean,
): PersistentMap<readonly Item[]> {
  const left = (map.get(key) ?? []).filter((item) => !matches(item));
  return left.length === 0 ? map.delete(key) : map.set(key, left);
}

export function removeEdge(projectId: string, edge: DependencyEdge): NewEvent {
  return record(DependencyRemoved, { type: 'dependency', id: projectId }, edge, projectId);
}
