// The span of time that figures are asked for.
import { type Static, Type } from 'typebox';
import { Id, Timestamp } from '../kernel/shape.ts';
import { addSeconds } from '../kernel/timestamp.ts';
import type { Range } from '../projections/model-usage.ts';
import type { Call } from './call.ts';
import { shellRefusals } from './refusals.ts';

export const usualDays = 30;
const mostDays = 400;
const dayS = 86_400;

export const analyticsSpan = {
  from: Type.Optional(Timestamp),
  to: Type.Optional(Timestamp),
  project_id: Type.Optional(Id),
} as const;
const SpanQuery = Type.Object(analyticsSpan);

/** The last thirty days, unless somebody says otherwise. */
export function rangeOf({ query }: Call<unknown, Static<typeof SpanQuery>>): Range {
  const { to = addSeconds(new Date().toISOString(), 1), project_id = null } = query;
  const { from = addSeconds(to, -usualDays * dayS) } = query;
  if (from >= to || addSeconds(from, mostDays * dayS) < to) {
    const detail = `The span begins before it ends, and has at most ${mostDays} days.`;
    throw shellRefusals.refuse('query_invalid', detail, {
      errors: [{ pointer: '/from', code: 'query_invalid', detail }],
    });
  }
  return { from, to, projectId: project_id };
}
