// npm run escapes: runs every attack in every tier of this machine and writes what came of it to docs/sandbox-escapes.md.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Tier, tiers } from '../../sandbox/port.ts';
import { openTier } from '../support/sandbox.ts';
import { root } from '../support/source.ts';
import { attacks } from './attack.ts';
import { graceMs, limits, type Row, Stage } from './stage.ts';

const stage = await Stage.open();
const rows: Row[] = [];
const absent = new Set<string>();
for (const tier of tiers) {
  const port = openTier(tier);
  for (const attack of attacks) {
    const obstacle = await port.findObstacle(attack.language);
    if (obstacle === null) rows.push(await stage.run(port, attack));
    else absent.add(`${tier}, ${attack.language}: ${obstacle}`);
  }
  await port.close();
}
await stage.close();

function cell(tier: Tier, attack: string, language: string): string {
  const row = rows.find((one) => one.tier === tier && one.attack === attack && one.language === language);
  if (row === undefined) return 'not run';
  const took = `${(row.tookMs / 1_000).toFixed(1)} s`;
  return row.faults.length === 0
    ? `blocked, \`${row.verdict}\`, ${took}`
    : `**${row.faults.join('; ').replaceAll('|', '/')}**`;
}

const table = attacks.map(({ name, language }) => {
  const cells = tiers.map((tier) => cell(tier, name, language));
  return `| ${name} (${language}) | ${cells.join(' | ')} |`;
});
const text = `# What code cannot do in a sandbox

Made by \`npm run escapes\`, which runs each attack of test/sandbox/attack.ts in each tier and looks whether it reached a file, an
environment, a listener or a process of the machine, whether anything was left behind, and how long it took. The same
attacks are specs. Each run had ${(limits.wallMs ?? 0) / 1_000} s, ${(limits.cpuMs ?? 0) / 1_000} s of a processor, \
${(limits.memoryBytes ?? 0) / 1_048_576} MiB and ${limits.pids} processes, and at most ${graceMs / 1_000} s more to be gone.

| code that … | ${tiers.join(' | ')} |
| --- | ${tiers.map(() => '---').join(' | ')} |
${table.join('\n')}
${[...absent].map((line) => `\nNot on this machine: ${line}\n`).join('')}`;
writeFileSync(path.join(root, 'docs/sandbox-escapes.md'), text);
const failed = rows.filter(({ faults }) => faults.length > 0).length;
process.stdout.write(`${rows.length - failed} blocked, ${failed} not\n`);
process.exitCode = failed === 0 && absent.size === 0 ? 0 : 1;
