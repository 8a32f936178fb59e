// Reads of one story and of a list of fifty, against a bare SELECT of the same rows without tenants.
import { type Contender, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { ServerProcess } from '../stage/child.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, getRequest } from '../stage/request.ts';
import { choosePool, type Load, measureLoad, poolSizes } from './load.ts';

/** A copy of what people read, as a table of a program that has one customer. */
const copyRows = `
  create table bench.shown_stories as
    select s.story_id as id, s.version, s.created_at, s.updated_at, s.project_id, s.epic_id, s.number, s.title, s.description,
           s.priority, s.estimate, s.criteria, s.criteria_revision, s.agent_status, s.verified_status, s.status,
           s.number_order as ordinal
      from view.stories s
     where s.tenant_id = any($1)`;
const indexRows = `
  alter table bench.shown_stories add primary key (id);
  create index shown_stories_epic on bench.shown_stories (epic_id, ordinal);
  vacuum analyze bench.shown_stories`;

interface Population {
  readonly name: string;
  readonly stories: readonly { readonly tenant: Tenant; readonly id: string }[];
  readonly epics: readonly { readonly tenant: Tenant; readonly id: string }[];
}

/** So many different requests are drawn from. */
const variety = 1024;

export async function benchReads(bench: Bench): Promise<Section> {
  const scale = bench.options.quick ? 50 : 1;
  const one = await populate(bench, '1 tenant', { tenants: 1, epics: 64, stories: 12_800 / scale });
  const many = await populate(bench, '64 tenants', { tenants: 64, epics: 4, stories: 1_000 / scale });
  await copyForBaseline(bench, [one, many]);
  const pool = await choosePool(bench, (size) => bench.bare(size), bareStories(one));
  const bare = await bench.bare(pool);
  const ours = await bench.api();
  const contenders = [one, many].flatMap((population) => contendersOf(bench, bare, ours, population));
  const rows = await runRounds(contenders, bench.options.rounds, bench.tell);
  await bare.stop();
  await ours.stop();
  return {
    name: 'reads',
    title: `Reads, ${bench.options.connections} connections`,
    notes: [`pool of ${pool} connections for bare, the best of ${poolSizes.join(', ')}`],
    baseline: 'bare',
    rows,
  };
}

interface Size {
  readonly tenants: number;
  readonly epics: number;
  readonly stories: number;
}

async function populate({ populator }: Bench, name: string, size: Size): Promise<Population> {
  const tenants = await populator.found(size.tenants, size.epics);
  const stories = [];
  for (const tenant of tenants) {
    const ids = await populator.fill(tenant, size.stories);
    const step = Math.max(1, Math.floor((ids.length * size.tenants) / variety));
    stories.push(...ids.filter((_, index) => index % step === 0).map((id) => ({ tenant, id })));
  }
  return { name, stories, epics: tenants.flatMap((tenant) => tenant.epics.map((id) => ({ tenant, id }))) };
}

async function copyForBaseline({ cluster }: Bench, populations: readonly Population[]): Promise<void> {
  const tenants = populations.flatMap(({ epics }) => epics.map(({ tenant }) => tenant.tenantId));
  await cluster.admin('vacuum analyze view.stories');
  // A statement with values cannot create a table.
  const list = [...new Set(tenants)].map((id) => `'${id}'`).join(',');
  await cluster.admin(copyRows.replace('$1', `array[${list}]::uuid[]`));
  for (const statement of indexRows.split(';')) await cluster.admin(statement);
}

function bareStories({ stories }: Population): Load {
  return { requests: stories.map(({ id }) => getRequest(`/stories/${id}`)), expectedStatus: 200 };
}

function contendersOf(bench: Bench, bare: ServerProcess, ours: ServerProcess, population: Population): Contender[] {
  const { name, stories, epics } = population;
  const plain = (at: string, requests: readonly string[]): Contender => ({
    name: `bare ${at}, ${name}`,
    against: [],
    measure: () => measureLoad(bench, bare, { requests, expectedStatus: 200 }),
  });
  const full = (at: string, requests: readonly string[]): Contender => ({
    name: `our ${at}, ${name}`,
    against: [`bare ${at}, ${name}`],
    measure: () => measureLoad(bench, ours, { requests, expectedStatus: 200 }),
  });
  return [
    plain('story', bareStories(population).requests),
    full(
      'story',
      stories.map(({ tenant, id }) => getRequest(`/api/v1/stories/${id}`, bearer(tenant.key))),
    ),
    plain(
      'list',
      epics.map(({ id }) => getRequest(`/epics/${id}/stories`)),
    ),
    full(
      'list',
      epics.map(({ tenant, id }) => getRequest(`/api/v1/epics/${id}/stories?limit=50`, bearer(tenant.key))),
    ),
  ];
}
