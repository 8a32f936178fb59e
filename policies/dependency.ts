// Who may say what needs what, and which needs can never be met.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { defineRefusals, type Refusal } from '../kernel/refusal.ts';
import {
  type Dependencies,
  type DependencyEdge,
  type DependencyEnd,
  type DependencyLevel,
  dependencyStream,
  noDependencies,
} from '../events/dependency.ts';
import { epicRefusals, openEpic } from './epic.ts';
import { openStory, storyRefusals } from './story.ts';
import { findCircle, type Waiting } from './wait-graph.ts';

export const dependencyRules = {
  read: { atLeast: 'agent' },
  add: { atLeast: 'orchestrator' },
  // Taking an edge away removes no work and no word about work: it is planning, like adding one, and not the deletion
  // that only a user may do.
  remove: { atLeast: 'orchestrator' },
} as const satisfies Record<string, RoleRule>;

/** Bounds what one commit, one search and one list have to carry. */
export const dependencyLimits = { perObject: 200, perProject: 20_000 } as const;

export const dependencyRefusals = defineRefusals({
  dependency_self: {
    kind: 'rejected',
    title: 'Nothing can need itself',
    remedy: 'Name another story or epic in `needs`.',
  },
  dependency_exists: {
    kind: 'conflict',
    title: 'This dependency is there already',
    remedy: 'Nothing has to be done.',
  },
  dependency_cycle: {
    kind: 'conflict',
    title: 'The dependency would close a circle',
    remedy: 'Every member of `cycle` needs the next one. Remove one of these dependencies, or turn this one round.',
  },
  dependency_deadlock: {
    kind: 'conflict',
    title: 'Stories and epics would wait for each other for ever',
    remedy: 'Every member of `cycle` waits for the next one, across the levels. Remove one of these dependencies.',
  },
  dependency_foreign_project: {
    kind: 'rejected',
    title: 'Dependencies do not leave a project',
    remedy: 'Name a story or epic of the same project.',
  },
  dependency_not_found: {
    kind: 'missing',
    title: 'No such dependency',
    remedy: 'List them with GET /api/v1/projects/{project_id}/dependencies.',
  },
  dependency_limit: {
    kind: 'conflict',
    title: 'Too many dependencies',
    remedy: `A story or epic needs at most ${dependencyLimits.perObject} others, and a project has at most ${dependencyLimits.perProject} dependencies.`,
  },
});

export function dependenciesOf(world: World, projectId: string): Dependencies {
  return world.find(dependencyStream, projectId)?.state ?? noDependencies;
}

/** One end of an edge, in a state in which its plan may change. */
export function openEnd(
  world: World,
  level: DependencyLevel,
  id: string,
): { readonly projectId: string; readonly end: DependencyEnd } {
  if (level === 'epic') {
    const epic = openEpic(world, id);
    return { projectId: epic.project_id, end: { id, number: String(epic.number), epic_id: id } };
  }
  const story = openStory(world, id);
  return { projectId: story.project_id, end: { id, number: story.number, epic_id: story.epic_id } };
}

export function requireSatisfiable(graph: Dependencies, edge: DependencyEdge): void {
  const circle = findCircle(graph, edge);
  if (circle !== null) throw refuseCircle(edge, circle);
}

export function refuseCircle(edge: DependencyEdge, circle: readonly Waiting[]): Refusal {
  const code = circle.every(({ level }) => level === edge.level) ? 'dependency_cycle' : 'dependency_deadlock';
  return dependencyRefusals.refuse(code, nameCircle(circle), { members: { cycle: circle.slice(0, 100) } });
}

function nameCircle(circle: readonly Waiting[]): string {
  const names = circle.map(({ level, number }) => `${level} ${number}`);
  const shown = names.length <= 12 ? names : [...names.slice(0, 10), '…', names.at(-1)];
  return `It would close this circle: ${shown.join(' → ')}.`;
}

/** What others still need cannot be deleted. Returns the edges that end with it. */
export function endedEdges(
  world: World,
  projectId: string,
  level: DependencyLevel,
  id: string,
): readonly DependencyEdge[] {
  const graph = dependenciesOf(world, projectId);
  const dependents = (graph.neededBy.get(id) ?? []).map(({ from }) => ({ level, id: from.id, number: from.number }));
  if (dependents.length === 0) return graph.needs.get(id) ?? [];
  const detail = `Still needed by ${level} ${dependents
    .slice(0, 10)
    .map(({ number }) => number)
    .join(', ')}.`;
  const extra = { members: { dependents: dependents.slice(0, 100) } };
  throw level === 'story'
    ? storyRefusals.refuse('story_has_dependents', detail, extra)
    : epicRefusals.refuse('epic_has_dependents', detail, extra);
}
