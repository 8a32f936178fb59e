// Times on a machine that may be busy with something else, which makes a thing slower and never quicker.
import { setTimeout as sleep } from 'node:timers/promises';

/** For so long a spec waits for what has to come: time is no part of what it says. */
export const patienceMs = 60_000;
/** For servers that are to shed nothing, however late their event loop is. */
export const neverLateMs = 600_000;

const tries = 5;

/** The best of a few tries; one that is within the bound is the last. */
export async function bestOf(boundMs: number, attempt: () => Promise<number>): Promise<number> {
  let bestMs = Infinity;
  for (let at = 0; at < tries && bestMs >= boundMs; at += 1) bestMs = Math.min(bestMs, await attempt());
  return bestMs;
}

export async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Comes again when a server turns it away, as one does that is late. */
export async function fetchPatiently(url: string, init: RequestInit = {}): Promise<Response> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await fetch(url, init);
    if (answer.status !== 503 || performance.now() > endMs) return answer;
    await answer.body?.cancel();
    await sleep(100);
  }
}
