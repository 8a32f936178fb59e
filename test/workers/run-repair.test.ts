// Runs as a server does them: the log, a worker, real steps, a real sandbox; only the model is a list of answers.
import { createHash } from 'node:crypto';
import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { quantile } from '../../kernel/estimate.ts';
import { requestRun } from '../../commands/run.ts';
import { newId } from '../../kernel/id.ts';
import { findRun, type RunView } from '../../projections/run.ts';
import { listRunHistory } from '../../projections/run-history.ts';
import { next } from '../../runs/next.ts';
import { performerWith } from '../../runs/perform.ts';
import type { Asker } from '../../runs/step.ts';
import { putContent } from '../../sql/content.ts';
import type { Static } from 'typebox';
import { openTestLedger, request } from '../support/ledger.ts';
import { startTestRunner } from '../support/run-engine.ts';
import { fenced, reviewOf } from '../support/run-story.ts';
import { modelCalled, runRequest } from '../support/run.ts';
import { openTier, skipReason } from '../support/sandbox.ts';
import { until } from '../support/workers.ts';

const skip = await skipReason('bubblewrap', 'python');
const bug = 'def add(a, b):\n    return a - b\n';
const good = 'def add(a, b):\n    return a + b\n';
const runs = 8;
const course =
  'requested taken classified planned model_called code_generated code_merged execution_started execution_finished ' +
  'model_called review_completed fix_applied execution_started execution_finished succeeded';

test('a bug is mended by a worker, and every step of it stands in the log', { skip, timeout: 580_000 }, async (t) => {
  const { ledger, database, tenantKeys, urls } = await openTestLedger(t);
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  const ask: Asker = async ({ question, prompt, run, record }) => {
    const text = question.purpose === 'code' ? fenced(bug) : reviewOf(good);
    await putContent(database, tenantId, Buffer.from(text));
    const output = { sha256: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text) };
    const { purpose, promptVersion: prompt_version } = question;
    await record(modelCalled(run.calls + 1, { purpose, prompt, prompt_version, output }));
    return { text };
  };
  const port = openTier('bubblewrap');
  t.teardown(() => port.close());
  const perform = performerWith(() => Promise.reject(new Error('nothing is verified here')));
  const { runner } = startTestRunner(t, urls, { next, perform, ask, sandboxes: [port], atOnce: 1 });
  const tests = await putContent(database, tenantId, Buffer.from('assert add(1, 2) == 3\n'));
  const see = async (id: string): Promise<Static<typeof RunView>> =>
    JSON.parse((await findRun(database, tenantId, id))?.body ?? '{}') as Static<typeof RunView>;
  const times: number[] = [];
  for (let count = 0; count < runs; count += 1) {
    const run_id = newId();
    await ledger.execute(request(tenantId, requestRun, runRequest(run_id, { tests })));
    runner.moved(new Map([[tenantId, count + 1]]));
    await until('its end', async () => (await see(run_id)).outcome !== null, 30_000);
    const run = await see(run_id);
    t.match(run, {
      status: 'succeeded',
      calls: 2,
      cost_micros: 14,
      outcome: { reason: 'solved', best: 2 },
      candidates: [
        { is_solved: false, tier: 'bubblewrap', verdict: 'nonzero', error_class: 'logic', confidence: 0.9 },
        { of: 1, is_solved: true, tests: { passed: 1, failed: 0, errors: 0 } },
      ],
    });
    times.push(Date.parse(run.updated_at) - Date.parse(run.created_at));
    const listed = await listRunHistory(database, tenantId, run_id, { limit: 200, after: null, count: false });
    const types = (listed?.items ?? []).map((text) => (JSON.parse(text) as { type: string }).type.slice(4));
    t.equal(types.join(' '), course);
  }
  t.comment(`one repair: median ${quantile(times, 0.5)} ms, p95 ${quantile(times, 0.95)} ms of ${runs} runs`);
});
