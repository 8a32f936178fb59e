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

/** The shortest circle that the edge would close, from its needing end back to it; null when there is none. */
export function findCircle(graph: Dependencies, edge: DependencyEdge): Waiting[] | null {
  const from = nodeOf(edge.level === 'story' ? 'story' : 'start', edge.from);
  const first = nodeOf(edge.level === 'story' ? 'story' : 'done', edge.to);
  const cameFrom = new Map<string, Node | null>([[keyOf(first), null]]);
  const queue = [first];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at] as Node;
    if (reaches(node, from)) return [shown(from), ...trace(cameFrom, node), shown(from)].filter(isNews);
    for (const next of waitsFor(graph, node)) {
      const key = keyOf(next);
      if (cameFrom.has(key)) continue;
      cameFrom.set(key, node);
      queue.push(next);
    }
  }
  return null;
}

/** The end of an epic waits for all its stories, also for one that gets its first edge only now. */
function reaches(node: Node, goal: Node): boolean {
  if (node.kind === goal.kind && node.id === goal.id) return true;
  return goal.kind === 'story' && node.kind === 'done' && node.id === goal.epicId;
}

function* waitsFor(graph: Dependencies, node: Node): Generator<Node> {
  if (node.kind === 'done') {
    yield { ...node, kind: 'start' };
    for (const story of graph.stories.get(node.id) ?? []) yield nodeOf('story', story);
    return;
  }
  const kind = node.kind === 'story' ? 'story' : 'done';
  for (const edge of graph.needs.get(node.id) ?? []) yield nodeOf(kind, edge.to);
  if (node.kind === 'story')
    yield { kind: 'start', id: node.epicId, number: epicNumberOf(node.number), epicId: node.epicId };
}

function nodeOf(kind: Node['kind'], end: DependencyEnd): Node {
  return { kind, id: end.id, number: end.number, epicId: end.epic_id };
}

function epicNumberOf(storyNumber: string): string {
  return storyNumber.slice(0, storyNumber.indexOf('.'));
}

function keyOf(node: Node): string {
  return `${node.kind} ${node.id}`;
}

function shown(node: Node): Waiting {
  return { level: node.kind === 'story' ? 'story' : 'epic', id: node.id, number: node.number };
}

function trace(cameFrom: ReadonlyMap<string, Node | null>, last: Node): Waiting[] {
  const path: Waiting[] = [];
  for (let node: Node | null = last; node !== null; node = cameFrom.get(keyOf(node)) ?? null) path.unshift(shown(node));
  return path;
}

/** Start and end of one epic are one name to a reader. */
function isNews(item: Waiting, at: number, all: readonly Waiting[]): boolean {
  return at === 0 || all[at - 1]?.id !== item.id;
}
