// How soon a run begins and how soon it is ended, by the clock of whoever asks over HTTP. Nothing of it is executed.
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { startRunServer } from '../support/run-server.ts';
import { waitFor } from '../support/server-process.ts';

const runs = 20;
const script = { answers: [{ purpose: 'code', text: 'def add(a, b): return a + b', delay_ms: 60_000 }] };

interface Told {
  readonly type: string;
  readonly recorded_at: string;
}

test(
  'a run begins soon after it is asked for, and ends soon after it is cancelled',
  { timeout: 580_000 },
  async (t) => {
    const { say, stop, output } = await startRunServer(t, script);
    const timeOf = async (id: string, type: string): Promise<number> => {
      let told: Told | undefined;
      await waitFor(type, async () => {
        const steps = await say<{ data: readonly Told[] }>('GET', `/runs/${id}/steps`);
        told = steps.data.find((event) => event.type === type);
        return told !== undefined;
      });
      return Date.parse(told?.recorded_at ?? '');
    };
    const begun: number[] = [];
    const ended: number[] = [];
    for (let nth = 0; nth < runs; nth += 1) {
      const wanted = { prompt: `Write add(a, b), number ${nth}.`, language: 'python', model: 'script/demo' };
      const { id } = await say<{ id: string }>('POST', '/runs', wanted);
      const askedMs = Date.now();
      // The first step is done by then, so it was begun before.
      begun.push((await timeOf(id, 'run.classified')) - askedMs);
      await timeOf(id, 'run.planned');
      await sleep(50);
      const cancelledMs = Date.now();
      await say('POST', `/runs/${id}/cancel`);
      ended.push((await timeOf(id, 'run.cancelled')) - cancelledMs);
    }
    const at = (times: readonly number[], share: number): number =>
      times.toSorted((one, other) => one - other)[Math.floor((runs - 1) * share)] ?? Infinity;
    // The median, because of what else runs on this machine.
    t.ok(at(begun, 0.5) < 3_000, `begun after ${begun.join(', ')} ms`);
    t.ok(at(ended, 0.5) < 2_000, `ended after ${ended.join(', ')} ms`);
    t.comment(`first step done: p50 ${at(begun, 0.5)}, p95 ${at(begun, 0.95)} ms after the answer`);
    t.comment(`cancelled: p50 ${at(ended, 0.5)}, worst ${at(ended, 1)} ms after it was asked for`);
    t.equal(await stop(), 0, output());
  },
);
