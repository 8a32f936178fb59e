// Runs: how soon one is begun, mended and ended, how soon its output is seen, and what it costs to tell a collector of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { familySeconds, processSeconds } from '../measure/cpu.ts';
import { median, type Row } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import { rowOfSamples } from '../report/row.ts';
import type { Bench } from '../stage/bench.ts';
import { askForRun, call, follow, followTo, rest, type RunClient, timeOf } from '../stage/run-client.ts';

const review = {
  root_cause: 'It subtracts.',
  error_class: 'logic',
  fix: 'Add instead.',
  code: 'def add(a, b):\n    return a + b\n',
  confidence: 0.9,
  changes: ['the operator'],
};
/** It prints the time when it prints; what is written before it ends is seen while it runs. */
const clock = 'import time\nfor _ in range(10):\n    print(f"at {time.time()}", flush=True)\n    time.sleep(0.1)\n';
const script = {
  answers: [
    { purpose: 'code', contains: ['clock'], text: `\`\`\`python\n${clock}\`\`\`` },
    { purpose: 'code', contains: ['for ever'], text: '```python\nwhile True:\n    pass\n```' },
    { purpose: 'code', text: '```python\ndef add(a, b):\n    return a - b\n```' },
    { purpose: 'review', json: review },
  ],
};
const common = { language: 'python', model: 'script/demo', tiers: ['bubblewrap'] };
const mended = { ...common, prompt: 'Write add(a, b), which gives the sum.', tests: 'assert add(1, 2) == 3' };
const ticking = { ...common, prompt: 'Write a clock.' };
const endless = { ...common, prompt: 'Write what goes on for ever.' };

interface Times {
  /** Between the two commits. */
  readonly dispatched: number[];
  readonly taken: number[];
  readonly begun: number[];
  readonly solved: number[];
  readonly cancelled: number[];
  readonly output: number[];
  readonly cpu: { readonly server: number[]; readonly postgres: number[] };
}

interface Round {
  readonly client: RunClient;
  readonly times: Times;
  readonly cpuOf: () => { readonly server: number; readonly postgres: number };
}

const newTimes = (): Times => ({
  dispatched: [],
  taken: [],
  begun: [],
  solved: [],
  cancelled: [],
  output: [],
  cpu: { server: [], postgres: [] },
});

export async function benchRuns(bench: Bench): Promise<Section> {
  const { quick } = bench.options;
  const scripts = path.join(bench.cluster.folder, 'scripts');
  await mkdir(scripts);
  await writeFile(path.join(scripts, 'demo.json'), JSON.stringify(script));
  const [tenant] = await bench.populator.found(1, 1);
  const key = tenant?.key ?? '';
  const collector = await openCollector();
  const env = { LOOPLEDGER_SCRIPTED_MODELS: scripts };
  const told = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${portOf(collector)}` };
  const [untold, observed] = [newTimes(), newTimes()];
  const each = quick ? 1 : 25;
  const practices = quick ? 0 : 3;
  let isFirst = true;
  // One server at a time, because each works on all runs of the database.
  for (let round = 0; round < (quick ? 1 : 4); round += 1) {
    for (const [further, times] of [
      [env, untold],
      [told, observed],
    ] as const) {
      const server = await bench.ours('all', further);
      const client = { port: server.port, key };
      const cpuOf = () => ({
        server: processSeconds(server.pid) ?? Number.NaN,
        postgres: familySeconds(bench.cluster.pid) ?? Number.NaN,
      });
      if (isFirst) await addEndpoint(client, practices);
      isFirst = false;
      if (!quick) await solveOne(client);
      await measureMended({ client, times, cpuOf }, each);
      if (times === untold) await measureRest({ client, times, cpuOf }, quick ? 1 : 5);
      await server.stop();
      bench.tell(
        `round ${round + 1}  ${times === untold ? 'untold' : 'told to a collector'}: ${median(times.solved).toFixed(0)} ms`,
      );
    }
  }
  collector.close();
  return {
    name: 'runs',
    title: 'Runs in bubblewrap, one after the other, models scripted',
    notes: notesOf(untold, observed),
    rows: rowsOf(untold, observed),
  };
}

function rowsOf(untold: Times, observed: Times): Row[] {
  const costOf = ({ cpu }: Times): Pick<Row, 'serverCpu' | 'postgresCpu'> => ({
    serverCpu: median(cpu.server),
    postgresCpu: median(cpu.postgres),
  });
  return [
    rowOfSamples('logged to taken', untold.dispatched),
    rowOfSamples('answered to seen taken', untold.taken),
    rowOfSamples('answered to first step seen', untold.begun),
    { ...rowOfSamples('asked to mended and solved', untold.solved), ...costOf(untold) },
    { ...rowOfSamples('the same, told to a collector', observed.solved), ...costOf(observed) },
    rowOfSamples('cancel to ended', untold.cancelled),
    rowOfSamples('printed to seen', untold.output),
  ];
}

function notesOf(untold: Times, observed: Times): string[] {
  const at = (times: readonly number[]): string =>
    (times.toSorted((one, other) => one - other)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN).toFixed(1);
  const { dispatched, taken, begun, solved, cancelled, output } = untold;
  return [
    `${solved.length} runs with a bug, its review and its fix, ${cancelled.length} that are cancelled while their code runs; seen over the stream of the run`,
    `p95: taken ${at(dispatched)}, seen taken ${at(taken)}, first step ${at(begun)}, solved ${at(solved)} (told ${at(observed.solved)}), cancelled ${at(cancelled)}, seen ${at(output)} ms`,
    'CPU is milliseconds of a whole run, without its sandboxes',
  ];
}

async function addEndpoint(client: RunClient, practices: number): Promise<void> {
  const models = [{ name: 'demo', price: { input: 0, cached: 0, output: 0 } }];
  await call(client, 'POST', '/model-endpoints', { name: 'script', kind: 'scripted', models });
  // Nobody is judged by code that the engine has not compiled yet.
  for (let practice = 0; practice < practices; practice += 1) await solveOne(client);
}

async function solveOne(client: RunClient, times?: Times): Promise<void> {
  const { id, askedMs, answeredMs } = await askForRun(client, mended);
  const heard = await followTo(client, id, 'run.succeeded');
  const loggedMs = (type: string): number => {
    const { data = '{}' } = heard.find(({ what }) => what === type) ?? {};
    return Date.parse((JSON.parse(data) as { readonly recorded_at: string }).recorded_at);
  };
  times?.dispatched.push(loggedMs('run.taken') - loggedMs('run.requested'));
  times?.taken.push(timeOf(heard, 'run.taken') - answeredMs);
  times?.begun.push(timeOf(heard, 'run.classified') - answeredMs);
  times?.solved.push(timeOf(heard, 'run.succeeded') - askedMs);
}

async function measureMended({ client, times, cpuOf }: Round, count: number): Promise<void> {
  const before = cpuOf();
  for (let nth = 0; nth < count; nth += 1) {
    await solveOne(client, times);
    await rest();
  }
  const after = cpuOf();
  for (const part of ['server', 'postgres'] as const) {
    times.cpu[part].push(((after[part] - before[part]) / count) * 1000);
  }
}

async function measureRest({ client, times }: Round, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) {
    times.cancelled.push(await cancelOne(client));
    times.output.push(...(await watchOne(client)));
    await rest();
  }
}

async function cancelOne(client: RunClient): Promise<number> {
  const { id } = await askForRun(client, endless);
  let cancelledMs = Number.NaN;
  for await (const { what, atMs } of follow(client, id)) {
    if (what === 'run.execution_started') {
      cancelledMs = performance.now();
      await call(client, 'POST', `/runs/${id}/cancel`);
    }
    if (what === 'run.cancelled') return atMs - cancelledMs;
  }
  throw new Error('a run that was cancelled did not end so');
}

async function watchOne(client: RunClient): Promise<number[]> {
  const { id } = await askForRun(client, ticking);
  const late: number[] = [];
  for await (const { what, atMs, data } of follow(client, id)) {
    if (what !== 'delta') continue;
    for (const [, seconds] of data.matchAll(/at (\d+\.\d+)/g)) {
      late.push(performance.timeOrigin + atMs - Number(seconds) * 1000);
    }
  }
  if (late.length === 0) throw new Error('nothing of what a run printed was seen');
  return late;
}

/** Takes whatever it is told and keeps nothing. */
async function openCollector(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
