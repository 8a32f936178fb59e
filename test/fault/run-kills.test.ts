import { test } from 'tap';
import { createTestDatabase } from '../support/database.ts';
import { skipReason } from '../support/sandbox.ts';
import { killRunners } from './run-kills.ts';

const seed = Math.trunc(Math.random() * 1e6);

test(
  'runs whose workers are killed end once, and nothing that was answered is asked again',
  {
    skip: await skipReason('bubblewrap', 'python'),
  },
  async (t) => {
    const urls = await createTestDatabase(t);
    const figures = await killRunners({
      urls,
      seed,
      runs: 12,
      kills: 10,
      processes: 2,
      atOnce: 12,
      betweenMs: 700,
      answerMs: 100,
      tier: 'bubblewrap',
      // With other specs beside it; `npm run fault -- runs` holds the real bound.
      mostResumeMs: 30_000,
    });
    t.same(figures.faults, [], `seed ${seed}`);
    t.equal(figures.givenUp, 0);
    t.ok(figures.killed > 0);
    t.ok(figures.resumesMs.length > 0, 'some had runs in hand');
    const worst = Math.round(Math.max(...figures.resumesMs));
    t.comment(
      `${figures.killed} killed in ${figures.seconds.toFixed(1)} s; taken up after ${worst} ms at the latest; ` +
        `${figures.questions} questions, ${figures.lostAnswers} answers lost with their askers`,
    );
  },
);
