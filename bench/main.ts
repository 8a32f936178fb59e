// `npm run bench`: measures, prints tables with ratios, keeps the figures as JSON.
import { commandOf } from '../boot/command-line.ts';
import { type BenchOptions, readOptions, type SectionName, usage } from './options.ts';
import { describeCommit, describeMachine, type Result, saveResult, type Section } from './report/result.ts';
import { headlineOf, tableOf } from './report/table.ts';
import { benchCustody } from './section/custody.ts';
import { benchFeed } from './section/feed.ts';
import { benchGrowth } from './section/growth.ts';
import { benchLatency } from './section/latency.ts';
import { benchProcesses } from './section/processes.ts';
import { benchReads } from './section/reads.ts';
import { benchReplay } from './section/replay.ts';
import { benchRuns } from './section/runs.ts';
import { benchSandboxes } from './section/sandboxes.ts';
import { benchWebhooks } from './section/webhooks.ts';
import { benchCrowd, benchWrites } from './section/writes.ts';
import { type Bench, openBench } from './stage/bench.ts';
import { storyBody } from './stage/request.ts';

const sections: Readonly<Record<SectionName, (bench: Bench) => Promise<Section>>> = {
  writes: benchWrites,
  crowd: benchCrowd,
  processes: benchProcesses,
  custody: benchCustody,
  reads: benchReads,
  latency: benchLatency,
  replay: benchReplay,
  feed: benchFeed,
  webhooks: benchWebhooks,
  growth: benchGrowth,
  runs: benchRuns,
  sandboxes: benchSandboxes,
};

async function measureAll(bench: Bench, options: BenchOptions): Promise<Result> {
  const at = new Date().toISOString();
  const machine = describeMachine(bench.cluster, await measureCommit(bench));
  const done: Section[] = [];
  for (const name of options.sections) {
    bench.tell(`\n${name}`);
    done.push(await sections[name](bench));
  }
  return { at, commit: describeCommit(), machine, options, sections: done };
}

async function measureCommit(bench: Bench): Promise<number> {
  const { p50Ms } = await bench.measureInserts({
    url: bench.cluster.adminUrl,
    clients: 1,
    warmupMs: 100,
    measureMs: 500,
    epicId: '0198f1ff-0000-7000-8000-000000000000',
    body: storyBody,
  });
  return p50Ms ?? Number.NaN;
}

async function main(options: BenchOptions): Promise<void> {
  // Whoever has started something ends it when this process exits; a signal alone would not make it exit in order.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const bench = await openBench(options, (line) => process.stderr.write(`${line}\n`));
  try {
    const result = await measureAll(bench, options);
    console.log([headlineOf(result), ...result.sections.map(tableOf)].join('\n\n'));
    console.log(`\n${await saveResult(result)}`);
  } finally {
    await bench.close();
  }
}

const options = commandOf(process.argv.slice(2), usage, readOptions);
if (options !== null) await main(options);
