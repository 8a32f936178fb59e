// Loopledger-Min-Position: a reader that has seen a position is never shown less.
import type { Call } from '../call.ts';
import { invalidHeader } from '../perform.ts';
import { shellRefusals } from '../refusals.ts';

const number = /^(?:0|[1-9]\d{0,15})$/;

/** Null when the caller does not mind. */
export function minimumPosition(call: Call): number | null {
  const wanted = call.header('loopledger-min-position');
  if (wanted === undefined) return null;
  if (!number.test(wanted) || !Number.isSafeInteger(Number(wanted))) {
    throw invalidHeader('Loopledger-Min-Position', 'Loopledger-Min-Position is a position: a whole number.');
  }
  return Number(wanted);
}

export function positionNotReached(position: number): Error {
  return shellRefusals.refuse('position_not_reached', `The position here is ${position}.`, {
    headers: { 'retry-after': '1' },
  });
}

export async function reachPosition(call: Call, wanted: number): Promise<void> {
  const { feed, options } = call.api;
  const position = await feed.hub.waitForPosition(call.tenantId, wanted, options.minPositionWaitMs);
  if (position < wanted) throw positionNotReached(position);
}
