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
  for (const next of waitedFor(graph, node)) {
    if (trail[next.kind].has(next.id)) continue;
    trail[next.kind].set(next.id, node);
    queue.push(next);
  }
}

function* waitedFor(graph: Dependencies, node: Node): Generator<Node> {
  const { kind, id } = node;
  if (kind === 'done') {
    yield { ...node, kind: 'start' };
    for (const end of graph.stories.get(id) ?? []) yield nodeOf('story', end);
    return;
  }
  const next = kind === 'story' ? 'story' : 'done';
  for (const { to } of graph.needs.get(id) ?? []) yield nodeOf(next, to);
  if (kind === 'story') yield startOf(node);
}

export interface FoundCircle {
  /** The first edge of the circle that was looked at for it. */
  readonly edge: DependencyEdge;
  readonly circle: Waiting[];
}

interface Step {
  readonly node: Node;
  readonly ahead: Generator<Node>;
}

/**
 * Circles of a graph that got many edges at once, in one walk over it: as many steps as there are edges, where a search
 * for each edge would take their square. There is none exactly when each edge, added by itself, would have closed none.
 */
export function findCircles(graph: Dependencies, added: readonly DependencyEdge[], limit: number): FoundCircle[] {
  const edges = new Map(added.map((edge) => [`${edge.from.id} ${edge.to.id}`, edge]));
  const places = new Map<string, 'open' | 'closed'>();
  const found: FoundCircle[] = [];
  for (const { level, from } of added) {
    const first = nodeOf(level === 'story' ? 'story' : 'start', from);
    const path: Step[] = [];
    enter(graph, first, path, places);
    while (path.length > 0 && found.length < limit) {
      const next = stepOn(graph, path, places);
      if (next !== null) blame(path, next, edges, found);
    }
  }
  return found;
}

function enter(graph: Dependencies, node: Node, path: Step[], places: Map<string, 'open' | 'closed'>): void {
  if (places.has(placeOf(node))) return;
  places.set(placeOf(node), 'open');
  path.push({ node, ahead: waitedFor(graph, node) });
}

/** One step of a walk into the depth; answers the node of the path that it came back to. */
function stepOn(graph: Dependencies, path: Step[], places: Map<string, 'open' | 'closed'>): Node | null {
  const { node, ahead } = path.at(-1) as Step;
  const next = ahead.next();
  if (next.done === true) {
    places.set(placeOf(node), 'closed');
    path.pop();
    return null;
  }
  if (places.get(placeOf(next.value)) === 'open') return next.value;
  enter(graph, next.value, path, places);
  return null;
}

/** The circle is told from an edge that was added; each is told of once. */
function blame(path: readonly Step[], back: Node, edges: Map<string, DependencyEdge>, found: FoundCircle[]): void {
  const begin = path.findLastIndex(({ node }) => placeOf(node) === placeOf(back));
  const nodes = path.slice(begin).map(({ node }) => node);
  for (const [at, node] of nodes.entries()) {
    const key = `${node.id} ${(nodes[at + 1] ?? back).id}`;
    const edge = edges.get(key);
    if (edge === undefined) continue;
    edges.delete(key);
    const circle = [...nodes.slice(at), ...nodes.slice(0, at), node].map(shown).filter(isNews);
    found.push({ edge, circle });
    return;
  }
}

function placeOf({ kind, id }: Node): string {
  return `${kind} ${id}`;
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
