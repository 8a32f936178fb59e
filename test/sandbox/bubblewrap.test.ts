import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { test } from 'tap';
import { bubblewrapArguments, seccompDescriptor } from '../../sandbox/bubblewrap/arguments.ts';
import { killOrphans } from '../../sandbox/bubblewrap/orphan.ts';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap/sandbox.ts';
import { seccompProgram } from '../../sandbox/bubblewrap/seccomp.ts';
import { defaultLimits } from '../../sandbox/request.ts';
import { program, skipReason } from '../support/sandbox.ts';
import { until } from '../support/workers.ts';

const skip = await skipReason('bubblewrap', 'python');

/** Of bubblewrap, with a word among theirs. */
function findProcesses(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return words[0] === 'bwrap' && words.includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const areGone = (word: string): Promise<void> => until('they are gone', () => findProcesses(word).length === 0);

test('a run that is given up while its sandbox begins leaves nothing, and is dead at once', { skip }, async (t) => {
  // Its limit marks its processes among those of other specs.
  const limits = { openFiles: 213 };
  const port = new BubblewrapSandbox();
  const request = { language: 'python' as const, ...program('python', 'while True: pass'), limits };
  const times: number[] = [];
  for (let ms = 0; ms < 120; ms += 4) {
    const giveUp = new AbortController();
    const run = port.run({ ...request, signal: giveUp.signal });
    await setTimeout(ms);
    const begunMs = performance.now();
    giveUp.abort();
    await t.rejects(run, { name: 'AbortError' });
    times.push(performance.now() - begunMs);
  }
  await port.close();
  const sorted = times.toSorted((one, other) => one - other);
  const [median = Infinity, worst = Infinity] = [sorted[15], sorted.at(-1)];
  t.ok(median < 2_000 && worst < 20_000, `dead after ${median.toFixed(0)} ms, ${worst.toFixed(0)} ms at worst`);
  await areGone('--nofile=213');
});

test('what a killed bubblewrap had forked is found and killed, and nothing that is in hand', { skip }, async (t) => {
  const port = new BubblewrapSandbox();
  const inHand = { language: 'python' as const, ...program('python', 'import time; time.sleep(1.5); print(1)') };
  const living = port.run({ ...inHand, limits: { openFiles: 214 } });
  const words = bubblewrapArguments({ root: '/', node: null }, { ...defaultLimits, openFiles: 215 }, true);
  // It forks, and waits for a word before it goes on.
  const waiting = [
    'bwrap',
    '--info-fd',
    '4',
    '--userns-block-fd',
    '5',
    ...words.filter((word) => word !== '--disable-userns'),
  ];
  const child = spawn(waiting[0] as string, waiting.slice(1), {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  for (const pipe of child.stdio) pipe?.on('error', () => undefined);
  (child.stdio[seccompDescriptor] as Writable).end(seccompProgram());
  await once(child.stdio[4] as Readable, 'data');
  t.equal(findProcesses('--nofile=215').length, 2);
  process.kill(child.pid as number, 'SIGKILL');
  await once(child, 'exit');
  // Whoever opens a sandbox meanwhile, in any process, does the same.
  killOrphans();
  await areGone('--nofile=215');
  t.match(await living, { verdict: 'ok', stdout: { head: '1\n' } });
  await port.close();
});
