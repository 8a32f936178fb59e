// Loopledger-Min-Position: a reader that has seen a position is never shown less.
import { readPosition } from '../../sql/feed-position.ts';
import type { Call } from '../call.ts';
import { invalidHeader } from '../perform.ts';
import { shellRefusals } from '../refusals.ts';

const number = /^(?:0|[1-9]\d{0,15})$/;
const firstPauseMs = 10;
const longestPauseMs = 200;

export async function reachPosition(call: Call, wanted: string): Promise<void> {
  if (!number.test(wanted) || !Number.isSafeInteger(Number(wanted))) {
    throw invalidHeader('Loopledger-Min-Position', 'Loopledger-Min-Position is a position: a whole number.');
  }
  const { database, options, stopping } = call.api;
  const deadlineMs = performance.now() + options.minPositionWaitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const position = await readPosition(database, call.tenantId);
    if (position >= Number(wanted)) return;
    const leftMs = stopping.aborted ? 0 : deadlineMs - performance.now();
    if (leftMs <= 0) {
      throw shellRefusals.refuse('position_not_reached', `The log stands at position ${position} here.`, {
        headers: { 'retry-after': '1' },
      });
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, leftMs)));
  }
}
