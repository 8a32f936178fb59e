// Sandboxes: what one short program costs from the request to the result, in every tier that works here.
import path from 'node:path';
import { type Contender, type Measure, type Row, runRounds } from '../measure/rounds.ts';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap/sandbox.ts';
import { DockerSandbox } from '../../sandbox/docker/sandbox.ts';
import type { SandboxPort } from '../../sandbox/port.ts';
import { WasmSandbox } from '../../sandbox/wasm/sandbox.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';

interface Place {
  readonly name: string;
  readonly port: SandboxPort;
}

const request = { language: 'python', files: [{ path: 'main.py', content: 'print(1)' }], entry: 'main.py' } as const;

export async function benchSandboxes(bench: Bench): Promise<Section> {
  const notes = ['one Python program that prints a number; the next begins when all containers wait again'];
  const places: Place[] = [];
  for (const place of openPlaces(path.join(bench.cluster.folder, 'wasm'))) {
    const obstacle = await place.port.findObstacle('python');
    if (obstacle === null) places.push(place);
    else {
      notes.push(`${place.name}: not here, ${obstacle}`);
      await place.port.close();
    }
  }
  const contenders = places.map(({ name, port }): Contender => ({
    name,
    against: [],
    measure: () => measureOne(port),
  }));
  const rows = await runRounds(contenders, bench.options.quick ? 1 : 40, () => undefined);
  for (const { port } of places) await port.close();
  return { name: 'sandboxes', title: 'One short program in a sandbox', notes, rows: rows.map(spreadOf) };
}

function openPlaces(folder: string): Place[] {
  const socketPath = /^unix:\/\/(.+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1];
  const engine = socketPath === undefined ? {} : { socketPath };
  return [
    { name: 'docker, new', port: new DockerSandbox(engine) },
    { name: 'docker, waiting', port: new DockerSandbox({ ...engine, waiting: { python: 1 } }) },
    { name: 'bubblewrap', port: new BubblewrapSandbox() },
    { name: 'wasm', port: new WasmSandbox({ folder }) },
  ];
}

async function measureOne(port: SandboxPort): Promise<Measure> {
  await port.warm?.();
  const begunMs = performance.now();
  const { verdict, trouble } = await port.run(request);
  const tookMs = performance.now() - begunMs;
  if (verdict !== 'ok') throw new Error(`a program that prints a number ended with ${verdict} ${trouble ?? ''}`);
  return { perSecond: null, p50Ms: tookMs, p99Ms: tookMs, serverCpu: null, postgresCpu: null };
}

/** Each round is one program, so the rounds are the samples. */
function spreadOf(row: Row): Row {
  const times = row.rounds.map(({ p50Ms }) => p50Ms ?? Number.NaN).toSorted((one, other) => one - other);
  return { ...row, p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN };
}
