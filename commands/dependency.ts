// Commands on dependencies, of stories and of epics alike.
import { Type } from 'typebox';
import type { CommandDefinition, World } from '../kernel/command.ts';
import { Id } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import { DependencyAdded, type DependencyEdge, type DependencyLevel, removeEdge } from '../events/dependency.ts';
import {
  dependenciesOf,
  dependencyLimits,
  dependencyRefusals,
  dependencyRules,
  openEnd,
  requireSatisfiable,
} from '../policies/dependency.ts';
import { requireRole } from '../policies/role.ts';

const { refuse } = dependencyRefusals;

export const AddDependencyBody = Type.Object({ needs: Id }, { additionalProperties: false });

export interface AddDependency {
  readonly dependency_id: string;
  readonly project_id: string;
  readonly level: DependencyLevel;
  readonly from_id: string;
  readonly needs_id: string;
}

export const addDependency: CommandDefinition<AddDependency> = {
  name: 'AddDependency',
  subject: ({ project_id }) => ({ type: 'dependency', id: project_id }),
  authorize: (_command, world) => requireRole(dependencyRules.add, world.actor),
  decide(command, world) {
    const edge = draftDependency(command, world);
    requireSatisfiable(dependenciesOf(world, command.project_id), edge);
    return [record(DependencyAdded, { type: 'dependency', id: command.project_id }, edge, command.project_id)];
  },
};

/** Everything that an edge must be but satisfiable, which is a matter of the whole graph. */
export function draftDependency(
  { dependency_id, project_id, level, from_id, needs_id }: AddDependency,
  world: World,
): DependencyEdge {
  if (from_id === needs_id) throw refuse('dependency_self', `The ${level} cannot need itself.`);
  const from = openEnd(world, level, from_id);
  const to = openEnd(world, level, needs_id);
  if (from.projectId !== project_id || to.projectId !== project_id) {
    throw refuse('dependency_foreign_project', `The ${level} belongs to another project.`);
  }
  const graph = dependenciesOf(world, project_id);
  const known = graph.needs.get(from_id) ?? [];
  const same = known.find((edge) => edge.to.id === needs_id);
  if (same !== undefined) {
    const members = { dependency_id: same.dependency_id };
    throw refuse('dependency_exists', `${from.end.number} needs ${to.end.number} already.`, { members });
  }
  if (known.length >= dependencyLimits.perObject || graph.count >= dependencyLimits.perProject) {
    throw refuse('dependency_limit', 'No further dependency can be added here.');
  }
  return { dependency_id, level, from: from.end, to: to.end };
}

export interface RemoveDependency {
  readonly project_id: string;
  readonly level: DependencyLevel;
  readonly from_id: string;
  /** Id of the dependency, or of the story or epic that is needed. */
  readonly named: string;
}

export const removeDependency: CommandDefinition<RemoveDependency> = {
  name: 'RemoveDependency',
  subject: ({ project_id }) => ({ type: 'dependency', id: project_id }),
  authorize: (_command, world) => requireRole(dependencyRules.remove, world.actor),
  decide({ project_id, level, from_id, named }, world) {
    openEnd(world, level, from_id);
    const known = dependenciesOf(world, project_id).needs.get(from_id) ?? [];
    const edge = known.find(({ dependency_id, to }) => dependency_id === named || to.id === named);
    if (edge === undefined) throw refuse('dependency_not_found', `The ${level} has no such dependency.`);
    return [removeEdge(project_id, edge)];
  },
};
