// A run whose model tries programs: what it called and what came of it outlive the worker that saw to it.
import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { requestRun } from '../../commands/run.ts';
import { newId } from '../../kernel/id.ts';
import { findRun } from '../../projections/run.ts';
import { next } from '../../runs/next.ts';
import { performerWith } from '../../runs/perform.ts';
import type { Asker } from '../../runs/step.ts';
import { putContent } from '../../sql/content.ts';
import { openTestLedger, request } from '../support/ledger.ts';
import { startTestRunner } from '../support/run-engine.ts';
import { fenced, sandboxThat } from '../support/run-story.ts';
import { modelCalled, runRequest } from '../support/run.ts';
import { until } from '../support/workers.ts';

const program = 'print(6 * 7)';

test('a worker that takes a run over repeats neither a call of a tool nor its use', async (t) => {
  const { ledger, database, tenantKeys, urls } = await openTestLedger(t);
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  const asked: string[] = [];
  let isDown = true;
  const ask: Asker = async ({ question, prompt, run, record, signal }) => {
    const last = question.messages.at(-1);
    asked.push(last?.role ?? '');
    const isCalling = last?.role !== 'tool';
    // The first worker is let go while it waits for the answer to what the tool gave.
    if (!isCalling && isDown) await new Promise((_, reject) => signal.addEventListener('abort', reject));
    const text = isCalling ? '' : fenced('def add(a, b):\n    return a + b\n');
    const given = { code: program };
    const output = await putContent(database, tenantId, Buffer.from(text));
    const kept = await putContent(database, tenantId, Buffer.from(JSON.stringify(given)));
    const calls = isCalling ? { tool_calls: [{ name: 'run_code', arguments: { ...kept } }] } : {};
    const told = { prompt: { ...prompt }, prompt_version: question.promptVersion, output: { ...output } };
    await record(modelCalled(run.calls + 1, { ...told, ...calls }));
    return isCalling ? { text, calls: [{ name: 'run_code', arguments: given }] } : { text };
  };
  const tried: string[] = [];
  const sandbox = {
    ...sandboxThat(({ files, entry }) => {
      const [first] = files.filter(({ path }) => path === entry);
      tried.push(String(first?.content));
      return {};
    }),
    tier: 'bubblewrap' as const,
    findObstacle: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
  const perform = performerWith(() => Promise.reject(new Error('nothing is verified here')));
  const parts = { next, perform, ask, sandboxes: [sandbox], atOnce: 1 };
  const first = startTestRunner(t, urls, parts);
  const run_id = newId();
  const wanted = runRequest(run_id, { tests: null, tools: ['run_code'], tiers: ['bubblewrap'] });
  await ledger.execute(request(tenantId, requestRun, wanted));
  await until('the tool was used', () => Promise.resolve(asked.length === 2), 20_000);
  await first.stop();
  isDown = false;
  startTestRunner(t, urls, parts);
  const see = async (): Promise<{ readonly outcome: object | null; readonly calls: number }> =>
    JSON.parse((await findRun(database, tenantId, run_id))?.body ?? '{}') as Awaited<ReturnType<typeof see>>;
  await until('its end', async () => (await see()).calls === 2, 20_000);
  t.same(asked, ['user', 'tool', 'tool'], 'the answer that was written down is not asked for again');
  t.equal(tried.filter((code) => code === program).length, 1, 'the program was tried once');
});
