// Ends the engine of containers while runs are in it, starts it again, and looks at what the runs made of that.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { requestRun } from '../../commands/run.ts';
import { newId } from '../../kernel/id.ts';
import { findRun } from '../../projections/run.ts';
import { listRunHistory } from '../../projections/run-history.ts';
import { next } from '../../runs/next.ts';
import { performerWith } from '../../runs/perform.ts';
import type { Asker } from '../../runs/step.ts';
import { DockerSandbox } from '../../sandbox/docker/sandbox.ts';
import { putContent } from '../../sql/content.ts';
import { openTestLedger, request } from '../support/ledger.ts';
import { startTestRunner } from '../support/run-engine.ts';
import { fenced } from '../support/run-story.ts';
import { modelCalled, runRequest } from '../support/run.ts';
import { until } from '../support/workers.ts';
import { MortalEngine } from './engine.ts';

export interface EngineKillFigures {
  readonly killed: number;
  /** Executions that the engine took with it. */
  readonly broken: number;
  readonly seconds: number;
  readonly faults: readonly string[];
  readonly left: number;
}

interface Told {
  readonly type: string;
  readonly data: { readonly verdict?: string; readonly error_class?: string | null; readonly is_solved?: boolean };
}

export interface EngineKillOptions {
  readonly runs: number;
  readonly signals: readonly ('SIGKILL' | 'SIGTERM')[];
  readonly awayMs: number;
}

/** Right, and slow enough to be met by the end of the engine. */
const code = 'import time\ntime.sleep(2.5)\ndef add(a, b):\n    return a + b\n';

export async function killEngine(t: Test, { runs, signals, awayMs }: EngineKillOptions): Promise<EngineKillFigures> {
  const engine = await MortalEngine.open(t, ['loopledger-sandbox-python']);
  const { ledger, database, tenantKeys, urls } = await openTestLedger(t);
  const tenantId = newId();
  await foundTenantOn(ledger, tenantKeys, { tenantId, name: 'Runs', slug: 'runs' });
  const ask: Asker = async ({ question, prompt, run, record }) => {
    const text = fenced(code);
    const output = await putContent(database, tenantId, Buffer.from(text));
    const told = { purpose: question.purpose, prompt: { ...prompt }, prompt_version: question.promptVersion };
    await record(modelCalled(run.calls + 1, { ...told, output: { ...output } }));
    return { text };
  };
  const sandbox = new DockerSandbox({ socketPath: engine.socketPath });
  t.teardown(() => sandbox.close());
  const perform = performerWith(() => Promise.reject(new Error('nothing is verified here')));
  startTestRunner(t, urls, { next, perform, ask, sandboxes: [sandbox], atOnce: runs });
  const begun = performance.now();
  const tests = await putContent(database, tenantId, Buffer.from('assert add(1, 2) == 3\n'));
  const ids = Array.from({ length: runs }, () => newId());
  for (const run_id of ids)
    await ledger.execute(request(tenantId, requestRun, runRequest(run_id, { tests, tiers: ['docker'] })));
  for (const signal of signals) {
    await until('code runs', async () => (await engine.docker.listContainers()).length > 0, 60_000);
    await sleep(1_200);
    await engine.end(signal);
    await sleep(awayMs);
    await engine.start();
  }
  const see = async (id: string): Promise<{ readonly outcome: { readonly reason: string } | null }> =>
    JSON.parse((await findRun(database, tenantId, id))?.body ?? '{}') as Awaited<ReturnType<typeof see>>;
  const faults: string[] = [];
  let broken = 0;
  for (const id of ids) {
    await until(`the end of ${id}`, async () => (await see(id)).outcome !== null, 120_000);
    const reason = (await see(id)).outcome?.reason;
    if (reason !== 'solved') faults.push(`${id} ended with ${reason ?? 'nothing'}`);
    const listed = await listRunHistory(database, tenantId, id, { limit: 200, after: null, count: false });
    const told = (listed?.items ?? []).map((text) => JSON.parse(text) as Told);
    const executions = told.filter(({ type }) => type === 'run.execution_finished').map(({ data }) => data);
    broken += executions.filter(({ verdict }) => verdict === 'sandbox_error').length;
    for (const { verdict, error_class, is_solved } of executions) {
      const isOurs = verdict === 'sandbox_error' && error_class === null;
      if (!isOurs && is_solved !== true) faults.push(`${id} was blamed: ${verdict ?? ''} ${error_class ?? ''}`);
    }
    if (told.filter(({ type }) => type === 'run.model_called').length !== 1) faults.push(`${id} asked twice`);
  }
  const seconds = (performance.now() - begun) / 1_000;
  // What an ended run leaves is removed behind its back.
  await sandbox.close();
  await sandbox.reap();
  return { killed: signals.length, broken, seconds, faults, left: await engine.countContainers() };
}
