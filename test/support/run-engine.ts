// A runner with steps of a few lines: code is asked for, executed and taken. What matters is who does them, and how often.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { RunCodeMerged, RunFailed, RunSucceeded } from '../../events/run-fact.ts';
import type { Run } from '../../events/run.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import type { Asker, Step, StepPerformer } from '../../runs/step.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { Runner, type RunnerSources } from '../../workers/runner.ts';
import type { TestDatabase } from './database.ts';
import { testMasterKey } from './ledger.ts';
import { executed, modelCalled } from './run.ts';

function nextOfTest(run: Run, nowMs: number): Step {
  if (Date.parse(run.deadline_at ?? '') <= nowMs) return { kind: 'fail', reason: 'deadline', detail: '', best: null };
  const [candidate] = run.candidates;
  if (candidate === undefined) return { kind: 'merge' };
  return candidate.execution === null ? { kind: 'execute', candidate: 1 } : { kind: 'succeed', candidate: 1 };
}

export const performTest: StepPerformer = async (world, step) => {
  switch (step.kind) {
    case 'merge': {
      const asked = await world.ask({
        purpose: 'code',
        promptVersion: '0f'.repeat(32),
        messages: [{ role: 'user', text: world.run.prompt }],
        maxOutputTokens: 100,
      });
      if ('stop' in asked) throw new Error(asked.stop);
      return [{ kind: RunCodeMerged, data: { candidate: 1, code: await world.keep(asked.text) } }];
    }
    case 'execute':
      return [executed(step.candidate)];
    case 'succeed':
      return [{ kind: RunSucceeded, data: { candidate: step.candidate } }];
    case 'fail':
      return [{ kind: RunFailed, data: { reason: step.reason, detail: step.detail, best: step.best } }];
    default:
      throw new Error(`the test knows no step ${step.kind}`);
  }
};

/** Answers after a while, writes each call down, and counts them by what was asked. */
export function countingAsker(answerMs: number, counts: Map<string, number>): Asker {
  return async ({ prompt, run, record, signal }) => {
    await sleep(answerMs, undefined, { signal });
    counts.set(prompt.sha256, (counts.get(prompt.sha256) ?? 0) + 1);
    const text = 'print("done")';
    const output = { sha256: createHash('sha256').update(text).digest('hex'), size: text.length };
    await record(modelCalled(run.calls + 1, { prompt, output }));
    return { text };
  };
}

export interface TestRunner {
  readonly runner: Runner;
  readonly warnings: string[];
  stop(): Promise<void>;
}

/** As a process of its own would: another pool, another memory of the log. */
export function startTestRunner(t: Test, urls: TestDatabase, told: Partial<RunnerSources> = {}): TestRunner {
  const database = openDatabase({ url: urls.workerUrl, max: 4, applicationName: 'loopledger-test-runner' });
  const tenantKeys = createTenantKeys({ database, masterKey: testMasterKey });
  const warnings: string[] = [];
  const runner = new Runner({
    database,
    ledger: createLedger({ database, registry, tenantKeys }),
    log: {
      info: () => undefined,
      warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
    atOnce: 4,
    sandboxes: [],
    publish: () => undefined,
    watcher: newId(),
    next: nextOfTest,
    perform: performTest,
    ask: countingAsker(1, new Map()),
    ...told,
  });
  let open = true;
  const stop = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await runner.stop();
    await database.close();
  };
  t.teardown(stop);
  runner.start();
  return { runner, warnings, stop };
}
