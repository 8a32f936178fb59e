// Some runs at a time, each one followed to its end; and the bar that shows how far that is.
import { setTimeout as pause } from 'node:timers/promises';

const pollMs = 400;
const barLength = 30;

/** Every one of `waiting`, `atOnce` at a time. */
export async function inTurns<One>(
  waiting: readonly One[],
  atOnce: number,
  work: (one: One) => Promise<void>,
): Promise<void> {
  const left = [...waiting];
  const lane = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, lane));
}

export async function untilEnded<Run extends { readonly outcome: unknown }>(
  first: Run,
  look: () => Promise<Run>,
): Promise<void> {
  let run = first;
  while (run.outcome === null) {
    await pause(pollMs);
    run = await look();
  }
}

export function showProgress(done: number, total: number, said: string): void {
  if (!process.stderr.isTTY && done % 10 !== 0 && done !== total) return;
  const filled = Math.round((done / total) * barLength);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barLength - filled)}`;
  const line = `${bar} ${done} of ${total}, ${said}`;
  process.stderr.write(process.stderr.isTTY ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`);
}
