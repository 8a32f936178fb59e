import { test } from 'tap';
import { startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';
import { waitFor } from '../support/server-process.ts';

const review = {
  root_cause: 'It subtracts.',
  error_class: 'logic',
  fix: 'Add instead.',
  code: 'def add(a, b):\n    return a + b\n',
  confidence: 0.9,
  changes: ['the operator'],
};
const script = {
  answers: [
    { purpose: 'code', text: '```python\ndef add(a, b):\n    return a - b\n```' },
    { purpose: 'review', json: review },
  ],
};

interface Seen {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly complexity: string | null;
  readonly outcome: { readonly reason: string } | null;
}

test(
  'a server as it is started solves a run: a bug, its review, its fix',
  {
    skip: await skipReason('bubblewrap', 'python'),
  },
  async (t) => {
    const { say, stop, output } = await startRunServer(t, script);
    const prompt = 'Write add(a, b), which gives the sum.';
    const asked = { prompt, language: 'python', tests: 'assert add(1, 2) == 3', model: 'script/demo' };
    const times: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) {
      const run = await say<Seen>('POST', '/runs', { ...asked, tiers: ['bubblewrap'] });
      let seen = run;
      await waitFor('the end of the run', async () => {
        seen = await say<Seen>('GET', `/runs/${run.id}`);
        return seen.outcome !== null;
      });
      t.match(seen, {
        status: 'succeeded',
        calls: 2,
        outcome: { reason: 'solved', best: 2 },
        candidates: [
          { is_solved: false, tier: 'bubblewrap' },
          { is_solved: true, of: 1 },
        ],
      });
      times.push(Date.parse(seen.updated_at) - Date.parse(seen.created_at));
    }
    t.comment(`from request to end: ${times.join(', ')} ms`);
    const {
      version: _version,
      updated_at: _at,
      ...settings
    } = await say<Record<string, unknown>>('GET', '/model-routing');
    t.same(settings['thresholds'], { medium: 4, hard: 9 });
    await say('PUT', '/model-routing', { ...settings, thresholds: { medium: 0, hard: 0 } });
    const judged = await say<Seen>('POST', '/runs', { ...asked, tiers: ['bubblewrap'] });
    await waitFor('the end of a run whose task counts as hard', async () => {
      const run = await say<Seen>('GET', `/runs/${judged.id}`);
      t.match(run.complexity ?? 'hard', 'hard');
      return run.outcome !== null && run.complexity === 'hard';
    });
    const late = await say<Seen>('POST', '/runs', { ...asked, model: 'script/other', tiers: ['bubblewrap'] });
    let seen = late;
    await waitFor('the end of a run whose model is not there', async () => {
      seen = await say<Seen>('GET', `/runs/${late.id}`);
      return seen.outcome !== null;
    });
    t.match(seen, { status: 'failed', outcome: { reason: 'model_error' } });
    t.equal(await stop(), 0, output());
  },
);
