// The parts of a plan: what makes a plan a good one, and in which order its parts are written.
import type { Static } from 'typebox';
import type { Subtask as SubtaskShape } from '../events/run-fact.ts';

export type Subtask = Static<typeof SubtaskShape>;

/** Each after all that it depends on. What depends on itself in a circle is left out. */
export function inOrder(subtasks: readonly Subtask[]): Subtask[] {
  const ordered: Subtask[] = [];
  const done = new Set<string>();
  for (let found = true; found;) {
    const ready = subtasks.find(({ id, depends_on }) => !done.has(id) && depends_on.every((other) => done.has(other)));
    found = ready !== undefined;
    if (ready === undefined) continue;
    done.add(ready.id);
    ordered.push(ready);
  }
  return ordered;
}

/** What is wrong with a plan, as its planner should be told; null when nothing is. */
export function faultOfPlan(subtasks: readonly Subtask[]): string | null {
  const ids = new Set(subtasks.map(({ id }) => id));
  if (ids.size !== subtasks.length) return 'Two subtasks have the same id.';
  for (const { id, depends_on } of subtasks) {
    const unknown = depends_on.find((other) => !ids.has(other));
    if (unknown !== undefined) return `The subtask ${id} depends on ${unknown}, which is no subtask.`;
  }
  if (inOrder(subtasks).length !== subtasks.length) return 'Subtasks depend on each other in a circle.';
  const last = subtasks.at(-1);
  const reached = new Set<string>();
  const reach = (id: string): void => {
    if (reached.has(id)) return;
    reached.add(id);
    for (const other of subtasks.find((one) => one.id === id)?.depends_on ?? []) reach(other);
  };
  if (last !== undefined) reach(last.id);
  const loose = subtasks.find(({ id }) => !reached.has(id));
  if (loose === undefined) return null;
  return `The last subtask puts all together, but it does not depend on ${loose.id}.`;
}
