// The sort key of story numbers, as SQL. It must agree with the generated column of view.stories.

/** 1.2 before 1.10: each part padded to six digits. `number` is an SQL expression. */
export function orderOf(number: string): string {
  const parts = [1, 2, 3, 4].map((part) => `lpad(split_part(${number}, '.', ${part}), 6, '0')`);
  return parts.join(' || ');
}

/**
 * From and where of the stories `s` of an epic row, found by the range of their numbers. It belongs into a lateral query
 * that is not flattened (it aggregates or limits): only then may the computed bounds search the index under row security.
 */
export function storiesOf(epic: string): string {
  const low = `lpad(${epic}.number::text, 6, '0')`;
  return `from view.stories s
          where s.tenant_id = ${epic}.tenant_id and s.project_id = ${epic}.project_id
            and s.number_order >= ${low} and s.number_order < ${low} || ':'`;
}
