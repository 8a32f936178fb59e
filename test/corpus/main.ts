// npm run corpus -- humaneval|mbpp --tier <tier> [--mutant wrong|exception|loop] [--workers 2] [--limit n] [--data folder]
// With --repair: faults are put in and a scripted model mends them.
import { parseArgs } from 'node:util';
import { tiers } from '../../sandbox/port.ts';
import { openTier } from '../support/sandbox.ts';
import { corpora, mutations, readCorpus } from './problem.ts';
import { repairAll } from './repair.ts';
import { score } from './score.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tier: { type: 'string', default: tiers[0] },
    mutant: { type: 'string', default: 'none' },
    workers: { type: 'string', default: '2' },
    repair: { type: 'boolean', default: false },
    limit: { type: 'string', default: '1000' },
    data: { type: 'string' },
  },
});

function choose<Choice extends string>(value: string | undefined, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw new Error(`${value ?? 'nothing'} is none of ${choices.join(', ')}`);
  return chosen;
}

const corpus = choose(positionals[0], corpora);
const tier = choose(values.tier, tiers);
const mutation = choose(values.mutant, mutations);
const workers = Number(values.workers);
const problems = readCorpus(corpus, values.data).slice(0, Number(values.limit));
const port = openTier(tier, workers);
const obstacle = await port.findObstacle('python');
if (obstacle !== null) throw new Error(`no ${tier} here: ${obstacle}`);
await port.warm?.();
const onProgress = (done: number): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${problems.length}`);
};
const { faults, ...result } = values.repair
  ? await repairAll(port, problems, { workers, onProgress })
  : await score(port, problems, { mutation, workers, onProgress });
await port.close();
for (const fault of faults) console.log(fault);
console.log(JSON.stringify({ corpus, tier, mutation, workers, ...result }));
process.exitCode = result.total > 0 && faults.length === 0 ? 0 : 1;
