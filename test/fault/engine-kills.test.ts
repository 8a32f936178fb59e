import { test } from 'tap';
import { skipWithoutEngine } from './engine.ts';
import { killEngine } from './engine-kills.ts';

test(
  'when the engine of containers is killed or stopped and starts again, runs rest, go on and end well',
  { skip: await skipWithoutEngine(), timeout: 580_000 },
  async (t) => {
    const { killed, broken, seconds, faults, left } = await killEngine(t, {
      runs: 4,
      signals: ['SIGKILL', 'SIGTERM'],
      awayMs: 1_500,
    });
    t.same(faults, []);
    t.ok(broken > 0, `${broken} executions were broken off`);
    t.equal(left, 0, 'no container is left');
    t.comment(`${killed} ends of the engine, ${broken} executions broken off, all solved in ${seconds.toFixed(1)} s`);
  },
);
