// What waits for what when stories and epics both have dependencies, and where a new edge would close a circle.
// A story waits for the stories it needs and for the start of its epic; an epic starts when all epics it needs are done,
// and is done when it has started and its stories are done.
import type { Dependencies, DependencyEdge, DependencyEnd } from '../events/dependency.ts';

interface Node {
  readonly kind: 'story' | 'start' | 'done';
  /** Of the story, or of the epic. */
  readonly id: string;
  readonly number: string;
  readonly epicId: string;
}

export interface Waiting {
  readonly level: 'story' | 'epic';
  readonly id: string;
  readonly number: string;
}

/** By kind and id: the node from which it was reached first; null for where the walk began. */
type Trail = Readonly<Record<Node['kind'], Map<string, Node | null>>>;

/** The shortest circle that the edge would close, from its needing end back to it; null when there is none. */
export function findCircle(graph: Dependencies, edge: DependencyEdge): Waiting[] | null {
  const goal = nodeOf(edge.level === 'story' ? 'story' : 'start', edge.from);
  const first = nodeOf(edge.level === 'story' ? 'story' : 'done', edge.to);
  const trail: Trail = { story: new Map(), start: new Map(), done: new Map() };
  trail[first.kind].set(first.id, null);
  const queue = [first];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at] as Node;
    if (reaches(node, goal)) return [shown(goal), ...pathTo(trail, node), shown(goal)].filter(isNews);
    walkOn(graph, node, trail, queue);
  }
  return null;
}

/** The end of an epic waits for all its stories, also for one that gets its first edge only now. */
function reaches(node: Node, goal: Node): boolean {
  if (node.kind === goal.kind && node.id === goal.id) return true;
  return goal.kind === 'story' && node.kind === 'done' && node.id === goal.epicId;
}

/** Queues everything that the node waits for and that was not reached before. */
function walkOn(graph: Dependencies, node: Node, trail: Trail, queue: Node[]): void {
  const { kind, id, epicId } = node;
  const arrive = (next: Node): void => {
    trail[next.kind].set(next.id, node);
    queue.push(next);
  };
  if (kind === 'done') {
    if (!trail.start.has(id)) arrive({ ...node, kind: 'start' });
    for (const end of graph.stories.get(id) ?? []) if (!trail.story.has(end.id)) arrive(nodeOf('story', end));
    return;
  }
  const next = kind === 'story' ? 'story' : 'done';
  for (const { to } of graph.needs.get(id) ?? []) if (!trail[next].has(to.id)) arrive(nodeOf(next, to));
  if (kind === 'story' && !trail.start.has(epicId)) arrive(startOf(node));
}

function nodeOf(kind: Node['kind'], end: DependencyEnd): Node {
  return { kind, id: end.id, number: end.number, epicId: end.epic_id };
}

/** The start of the epic of a story, whose number begins with that of the epic. */
function startOf({ epicId, number }: Node): Node {
  return { kind: 'start', id: epicId, number: number.slice(0, number.indexOf('.')), epicId };
}

function shown(node: Node): Waiting {
  return { level: node.kind === 'story' ? 'story' : 'epic', id: node.id, number: node.number };
}

function pathTo(trail: Trail, last: Node): Waiting[] {
  const path: Waiting[] = [];
  for (let node: Node | null = last; node !== null; node = trail[node.kind].get(node.id) ?? null)
    path.push(shown(node));
  return path.reverse();
}

/** Start and end of one epic are one name to a reader. */
function isNews(item: Waiting, at: number, all: readonly Waiting[]): boolean {
  return at === 0 || all[at - 1]?.id !== item.id;
}
