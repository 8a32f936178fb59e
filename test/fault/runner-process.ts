// A process that goes on with runs, as a worker does: steps and sandboxes are the real ones, models answer over HTTP from
// the process that watches.
import { RunModelCalled } from '../../events/run-fact.ts';
import { registry } from '../../projections/index.ts';
import { next } from '../../runs/next.ts';
import { performerWith } from '../../runs/perform.ts';
import { type Asker, fact } from '../../runs/step.ts';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap/sandbox.ts';
import { DockerSandbox } from '../../sandbox/docker/sandbox.ts';
import { newId } from '../../kernel/id.ts';
import { putContent } from '../../sql/content.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger } from '../../sql/ledger.ts';
import { Runner } from '../../workers/runner.ts';
import { engine } from '../support/sandbox.ts';

export interface RunnerProcessOptions {
  readonly url: string;
  readonly modelUrl: string;
  readonly atOnce: number;
  readonly tier: 'docker' | 'bubblewrap';
}

const { url, modelUrl, atOnce, tier } = JSON.parse(process.env['FAULT_RUNNER'] ?? '{}') as RunnerProcessOptions;
const database = openDatabase({ url, max: 4, applicationName: 'loopledger-runner' });

const ask: Asker = async ({ tenantId, runId, run, question, prompt, signal, record }) => {
  const begun = performance.now();
  const { purpose, promptVersion: prompt_version } = question;
  const body = JSON.stringify({ key: `${runId} ${purpose} ${prompt.sha256}`, purpose });
  const answer = await fetch(modelUrl, { method: 'POST', body, signal });
  const text = await answer.text();
  const output = await putContent(database, tenantId, Buffer.from(text));
  const call = fact(RunModelCalled, {
    call: run.calls + 1,
    purpose,
    attempt: 1,
    endpoint: 'scripted',
    asked_model: 'scripted',
    served_model: 'scripted',
    prompt,
    prompt_version,
    output,
    tokens: null,
    price_version: null,
    reserved_micros: 0,
    cost_micros: 0,
    latency_ms: Math.round(performance.now() - begun),
    first_token_ms: null,
    finish_reason: 'stop',
    error: null,
  });
  await record(call);
  return { text };
};

const log = {
  info: () => undefined,
  warn: (fields: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};
const runner = new Runner({
  database,
  ledger: createLedger({ database, registry }),
  log,
  atOnce,
  sandboxes: [tier === 'docker' ? new DockerSandbox(engine()) : new BubblewrapSandbox()],
  publish: () => undefined,
  watcher: newId(),
  next,
  perform: performerWith(() => Promise.reject(new Error('nothing is verified here'))),
  ask,
});
runner.start();
process.stdout.write('{"events":1}\n');
process.once('SIGTERM', () => {
  void runner.stop().then(() => database.close());
});
