// Several API processes on the same tenants, against one: what it costs that each of them writes what the others have to know.
import { type Contender, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import { measureLoad } from './load.ts';
import { settle } from './writes.ts';

const processes = 3;
const fleets = [1, 64];

export async function benchProcesses(bench: Bench): Promise<Section> {
  const servers: ServerProcess[] = [await bench.api()];
  while (servers.length < processes) servers.push(await bench.ours('api'));
  const contenders: Contender[] = [];
  for (const tenants of fleets) {
    const load = { requests: await settle(bench, tenants), expectedStatus: 201 } as const;
    // In the practice round each of several does only a part of what one has to do alone.
    for (const server of servers) await measureLoad(bench, server, load);
    const name = (count: string): string => `${count}, ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}`;
    const alone = name('1 process');
    contenders.push(
      { name: alone, against: [], measure: () => measureLoad(bench, servers.slice(0, 1), load) },
      { name: name(`${processes} processes`), against: [alone], measure: () => measureLoad(bench, servers, load) },
    );
    if (tenants < processes) continue;
    const sorted = { ...load, isSorted: true };
    contenders.push({
      name: name(`${processes} processes, sorted`),
      against: [alone],
      measure: () => measureLoad(bench, servers, sorted),
    });
  }
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  await Promise.all(servers.map((server) => server.stop()));
  return {
    name: 'processes',
    title: `Writes by several processes, ${bench.options.connections} connections`,
    baseline: '1 process',
    notes: [
      'the same connections, requests and tenants; more than one process share out the connections',
      'sorted: every key is sent to one of the processes and to no other',
    ],
    rows,
  };
}
