// Cost as a log grows: the same requests to tenants of different sizes in one database, one after the other.
import { type Contender, type Row, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, getRequest } from '../stage/request.ts';
import { jobOf, type Load, measureLoad } from './load.ts';
import { requestsOf } from './writes.ts';

interface Filled {
  readonly tenant: Tenant;
  readonly storyIds: readonly string[];
}

interface Size {
  readonly label: string;
  readonly events: number;
  /** One for each round where writing would otherwise change the size that is measured. */
  readonly tenants: number;
}

const storiesPerEpic = 1000;
/** So few that no tenant outgrows its size while it is measured. */
const writesPerRound = 3000;
const quickWritesPerRound = 100;
const quickScale = 500;
/** The same number for every size: only the log behind it differs. */
const epicsWritten = 10;

export async function benchGrowth(bench: Bench): Promise<Section> {
  const { options } = bench;
  const scale = options.quick ? quickScale : 1;
  const sizes: readonly Size[] = [
    { label: '10k', events: 10_000 / scale, tenants: options.rounds },
    { label: '100k', events: 100_000 / scale, tenants: 1 },
    { label: '1M', events: 1_000_000 / scale, tenants: 1 },
  ];
  const notes: string[] = options.quick ? ['quick: the logs have one of five hundred events that their names say'] : [];
  const filled = new Map<string, readonly Filled[]>();
  for (const size of sizes) filled.set(size.label, await fill(bench, size, notes));
  await bench.cluster.admin('vacuum analyze');
  const ours = await bench.api();
  const rows = await measure(bench, ours, filled);
  await ours.stop();
  return {
    name: 'growth',
    title: `Cost as the log grows, ${options.connections} connections`,
    notes,
    baseline: 'at 10k',
    rows,
  };
}

async function fill({ populator, tell }: Bench, size: Size, notes: string[]): Promise<Filled[]> {
  const places: Filled[] = [];
  const epics = Math.max(epicsWritten, Math.ceil(size.events / storiesPerEpic));
  const tenants = await populator.found(size.tenants, epics);
  const startMs = performance.now();
  for (const tenant of tenants) {
    const stories = size.events - epics - 1;
    places.push({ tenant, storyIds: await populator.fill(tenant, stories) });
  }
  const perSecond = (size.events * size.tenants) / ((performance.now() - startMs) / 1000);
  const note = `${size.label} was filled in process with ${Math.round(perSecond)} events/s`;
  notes.push(note);
  tell(note);
  return places;
}

async function measure(
  bench: Bench,
  server: ServerProcess,
  filled: ReadonlyMap<string, readonly Filled[]>,
): Promise<Row[]> {
  const smallest = [...filled.keys()][0] ?? '';
  const contenders: Contender[] = [];
  for (const [label, places] of filled) {
    const at = (round: number): Filled => places[round % places.length] as Filled;
    const add = (what: string, run: (place: Filled) => ReturnType<Contender['measure']>): void => {
      contenders.push({
        name: `${what}, ${label}`,
        against: [`${what}, ${smallest}`],
        measure: (round) => run(at(round)),
      });
    };
    add('append', (place) =>
      bench.measure(server, {
        ...jobOf(bench, appends(place)),
        warmupMs: 100,
        measureRequests: bench.options.quick ? quickWritesPerRound : writesPerRound,
        measureMs: 60_000,
      }),
    );
    add('story', (place) => measureLoad(bench, server, stories(place)));
    add('list', (place) => measureLoad(bench, server, lists(place)));
    add('ready, one caller', (place) => bench.measure(server, { ...jobOf(bench, ready(place)), connections: 1 }));
  }
  return runRounds(contenders, bench.options.rounds, bench.tell);
}

function appends({ tenant }: Filled): Load {
  return { requests: requestsOf({ ...tenant, epics: tenant.epics.slice(-epicsWritten) }), expectedStatus: 201 };
}

function stories({ tenant, storyIds }: Filled): Load {
  const step = Math.max(1, Math.floor(storyIds.length / 1000));
  const ids = storyIds.filter((_, index) => index % step === 0);
  return { requests: ids.map((id) => getRequest(`/api/v1/stories/${id}`, bearer(tenant.key))), expectedStatus: 200 };
}

function lists({ tenant }: Filled): Load {
  const epics = tenant.epics.slice(0, 1000);
  const requests = epics.map((id) => getRequest(`/api/v1/epics/${id}/stories?limit=50`, bearer(tenant.key)));
  return { requests, expectedStatus: 200 };
}

/** What an agent asks before it takes anything on: every story of these tenants is ready. */
function ready({ tenant }: Filled): Load {
  return { requests: [getRequest('/api/v1/stories/ready?limit=50', bearer(tenant.key))], expectedStatus: 200 };
}
