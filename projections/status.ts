// The one filter that every list of the work has: archived objects are only shown to those who ask for them.
import { Type } from 'typebox';

export const statusFilter = {
  status: Type.Optional(Type.Enum(['active', 'archived', 'all'], { default: 'active' })),
} as const;

export interface StatusFilter {
  readonly status?: 'active' | 'archived' | 'all';
}

/** Deleted objects are never listed. */
export function statusesOf({ status = 'active' }: StatusFilter): readonly string[] {
  return status === 'all' ? ['active', 'archived'] : [status];
}
