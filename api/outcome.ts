// Requests with many items. Each item is a command of its own, and has the outcome that the single call would have.
import { Type } from 'typebox';
import { Refusal } from '../kernel/refusal.ts';
import { Id } from '../kernel/shape.ts';
import type { Result } from '../sql/lane.ts';
import type { Answer, Call } from './call.ts';
import { countFurther } from './http/admission.ts';
import { answerTo } from './http/problem.ts';
import { requireWriteHeaders } from './perform.ts';
import { ProblemView } from './problem-shape.ts';
import { StoryReply } from './story-reply.ts';

export const maxItems = 100;

export const Outcomes = Type.Array(
  Type.Object(
    {
      story_id: Id,
      status: Type.Integer({ minimum: 200, maximum: 599, description: 'Of the single call' }),
      reply: Type.Union([StoryReply, Type.Null()], { description: 'Null when the item was refused' }),
      problem: Type.Union([ProblemView, Type.Null()], { description: 'Null when the item was done' }),
    },
    { additionalProperties: false },
  ),
  { maxItems, description: 'One for each item, in the order of the items' },
);

export interface Item {
  readonly storyId: string;
  readonly run: () => Promise<Result>;
}

/** All items reach the ledger in one turn, in their order, so that they are decided and committed together. */
export async function runItems(call: Call, items: readonly Item[]): Promise<PromiseSettledResult<Result>[]> {
  requireWriteHeaders(call);
  const refusals = await countItems(call, items.length);
  const outcomes = await Promise.allSettled(
    items.map(({ run }, at) => {
      const refusal = refusals[at] ?? null;
      return refusal === null ? run() : Promise.reject(refusal);
    }),
  );
  requireService(outcomes);
  return outcomes;
}

/** The first one was counted at the door. */
async function countItems(call: Call, count: number): Promise<(Refusal | null)[]> {
  const refusals: (Refusal | null)[] = [null];
  for (let at = 1; at < count; at += 1) refusals.push(await countFurther(call));
  return refusals;
}

/** When nothing at all could be done at present, the whole request is to be repeated. */
function requireService(outcomes: readonly PromiseSettledResult<Result>[]): void {
  const [first] = outcomes;
  if (first?.status !== 'rejected') return;
  if (outcomes.every((one) => one.status === 'rejected' && isUnavailable(one.reason))) throw first.reason;
}

function isUnavailable(reason: unknown): boolean {
  return reason instanceof Refusal && reason.kind === 'unavailable';
}

/** `members` is JSON text of what the answer tells beside the outcomes, with a comma before it. */
export function showOutcomes(
  call: Call,
  items: readonly Item[],
  outcomes: readonly PromiseSettledResult<Result>[],
  members = '',
): Answer {
  const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const headers: string[] = [];
  if (done.length > 0) headers.push('loopledger-position', String(Math.max(...done.map(({ position }) => position))));
  if (done.length > 0 && done.length === outcomes.length && done.every(({ replayed }) => replayed)) {
    headers.push('idempotency-replayed', 'true');
  }
  const shown = outcomes.map((outcome, at) => showOutcome(call, items[at]?.storyId ?? '', outcome));
  return { status: 200, body: `{"data":[${shown.join(',')}]${members}}`, headers };
}

function showOutcome(call: Call, storyId: string, outcome: PromiseSettledResult<Result>): string {
  if (outcome.status === 'fulfilled') {
    const { status, body } = outcome.value;
    return `{"story_id":"${storyId}","status":${status},"reply":${body},"problem":null}`;
  }
  const { status, body } = answerTo(call, outcome.reason);
  return `{"story_id":"${storyId}","status":${status},"reply":null,"problem":${body}}`;
}
