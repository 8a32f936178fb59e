// How soon a run begins and how soon it is ended, by the clock of whoever asks over HTTP.
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { startRunServer } from '../support/run-server.ts';
import { waitFor } from '../support/server-process.ts';

const runs = 40;
const cancels = 5;
const code = { purpose: 'code', text: '```python\ndef add(a, b):\n    return a + b\n```' };
const script = {
  answers: [
    { ...code, contains: ['slowly'], delay_ms: 20_000 },
    { ...code, delay_ms: 100 },
  ],
};

interface Told {
  readonly type: string;
  readonly recorded_at: string;
}

test(
  'a run begins as soon as it is asked for, and ends as soon as it is cancelled',
  { timeout: 120_000 },
  async (t) => {
    const { say, stop, output } = await startRunServer(t, script);
    const ask = (prompt: string) =>
      say<{ id: string }>('POST', '/runs', { prompt, language: 'python', model: 'script/demo', tiers: ['wasm'] });
    const timeOf = async (id: string, type: string): Promise<number | null> => {
      const { data } = await say<{ data: readonly Told[] }>('GET', `/runs/${id}/steps`);
      const told = data.find((event) => event.type === type);
      return told === undefined ? null : Date.parse(told.recorded_at);
    };
    const begun: number[] = [];
    const ended: number[] = [];
    for (let nth = 0; nth < runs; nth += 1) {
      const { id } = await ask(`Write add(a, b), number ${nth}.`);
      const askedMs = Date.now();
      // Its first step is done then: later than when it was begun.
      await waitFor('the first step', async () => (await timeOf(id, 'run.classified')) !== null);
      begun.push(((await timeOf(id, 'run.classified')) ?? Number.NaN) - askedMs);
      await say('POST', `/runs/${id}/cancel`, {}).catch(() => undefined);
    }
    for (let nth = 0; nth < cancels; nth += 1) {
      const { id } = await ask(`Write add(a, b) slowly, number ${nth}.`);
      await waitFor('its question', async () => (await timeOf(id, 'run.planned')) !== null);
      await sleep(100);
      const askedMs = Date.now();
      await say('POST', `/runs/${id}/cancel`, {});
      await waitFor('its end', async () => (await timeOf(id, 'run.cancelled')) !== null);
      ended.push(((await timeOf(id, 'run.cancelled')) ?? Number.NaN) - askedMs);
    }
    const p = (share: number): number =>
      begun.toSorted((one, other) => one - other)[Math.floor(runs * share)] ?? Infinity;
    t.ok(p(0.95) < 1_500, `begun after ${begun.join(', ')} ms`);
    t.ok(Math.max(...ended) < 2_000, `ended after ${ended.join(', ')} ms`);
    t.comment(
      `first step done after the answer: p50 ${p(0.5)}, p95 ${p(0.95)} ms; cancelled after ${Math.max(...ended)} ms at the latest`,
    );
    t.equal(await stop(), 0, output());
  },
);
