// Models and programs say what they like. Halves of characters and NUL, which the log has none of, end no run.
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
import { fenced, reviewOf, sandboxThat } from '../support/run-story.ts';
import { modelCalled, runRequest } from '../support/run.ts';
import { until } from '../support/workers.ts';

const half = '\ud83d';

test('what models and programs say in halves of characters or with NUL is written down all the same', async (t) => {
  const { ledger, database, tenantKeys, urls } = await openTestLedger(t);
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  const prompts: string[] = [];
  const ask: Asker = async ({ question, prompt, run, record }) => {
    prompts.push(question.messages.map(({ text }) => text).join('\n'));
    const isReview = question.purpose === 'review';
    const said = { root_cause: `half ${half} and \0`, fix: `${'x'.repeat(1_999)}😀`, changes: [half] };
    const text = isReview ? reviewOf(`print(${half.length})`, said) : fenced('print(2)');
    const output = await putContent(database, tenantId, Buffer.from(text));
    const told = { prompt: { ...prompt }, prompt_version: question.promptVersion, output: { ...output } };
    await record(modelCalled(run.calls + 1, { ...told, purpose: question.purpose, finish_reason: `stop${half}` }));
    return { text };
  };
  const sandbox = {
    ...sandboxThat(() => {
      const head = `${'😀'.repeat(4_000)}x`;
      return { verdict: 'nonzero', exitCode: 1, stdout: { head, tail: '', bytes: 16_001, omittedBytes: 0 } };
    }),
    tier: 'bubblewrap' as const,
    findObstacle: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
  const perform = performerWith(() => Promise.reject(new Error('nothing is verified here')));
  const { warnings } = startTestRunner(t, urls, { next, perform, ask, sandboxes: [sandbox], atOnce: 1 });
  const run_id = newId();
  await ledger.execute(request(tenantId, requestRun, runRequest(run_id, { tests: null, tiers: ['bubblewrap'] })));
  const see = async (): Promise<{ readonly outcome: { readonly reason: string } | null }> =>
    JSON.parse((await findRun(database, tenantId, run_id))?.body ?? '{}') as Awaited<ReturnType<typeof see>>;
  await until('its end', async () => (await see()).outcome !== null, 10_000).catch(() => undefined);
  t.same(warnings, []);
  t.equal((await see()).outcome?.reason, 'stuck');
  t.ok(
    prompts.every((text) => text.isWellFormed()),
    'providers are sent no halves either',
  );
});
