import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { addDependency } from '../../commands/dependency.ts';
import { archiveEpic, createEpic } from '../../commands/epic.ts';
import { archiveProject, createProject } from '../../commands/project.ts';
import { archiveStory, createStory, deleteStory } from '../../commands/story.ts';
import { backfillStory } from '../../commands/story-review.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import type { Listed, PageRequest } from '../../projections/page.ts';
import { listBlocked, listProjectBlocked, listProjectReady, listReady } from '../../projections/story-queue.ts';
import type { Database } from '../../sql/database.ts';
import { type Chance, startChance } from '../hardening/random.ts';
import { type Bench, codeOfRefusal, openTestLedger, request } from '../support/ledger.ts';

type Status = 'active' | 'archived' | 'deleted';
interface Thing {
  readonly id: string;
  readonly number: string;
  readonly parent: Thing | null;
  readonly needs: Thing[];
  status: Status;
  verified: boolean;
}
interface World {
  readonly tenantId: string;
  readonly projects: Thing[];
  readonly epics: Thing[];
  readonly stories: Thing[];
}

const thing = (id: string, number: string, parent: Thing | null): Thing => ({
  id,
  number,
  parent,
  needs: [],
  status: 'active',
  verified: false,
});

/** What the queues mean, said once more and slowly. */
function modelOf(world: World): { ready: string[]; blocked: Map<string, string[]> } {
  const openNeeds = (story: Thing): Thing[] => [
    ...story.needs.filter((needed) => !needed.verified),
    ...(story.parent?.needs.filter((epic) => !isComplete(world, epic)) ?? []),
  ];
  const candidates = world.stories
    .filter((story) => [story, story.parent, story.parent?.parent].every((one) => one?.status === 'active'))
    .filter((story) => !story.verified)
    .sort(inOrderOfPlan);
  const blocked = candidates.filter((story) => openNeeds(story).length > 0);
  return {
    ready: candidates.filter((story) => openNeeds(story).length === 0).map(({ id }) => id),
    blocked: new Map(
      blocked.map((story) => [
        story.id,
        openNeeds(story)
          .map(({ id }) => id)
          .sort(),
      ]),
    ),
  };
}

function isComplete({ stories }: World, epic: Thing): boolean {
  const held = stories.filter(({ parent, status }) => parent === epic && status !== 'deleted');
  return held.length > 0 && held.every(({ verified }) => verified);
}

function inOrderOfPlan(one: Thing, other: Thing): number {
  const [mine, theirs] = [one, other].map(({ parent }) => parent?.parent?.id ?? '') as [string, string];
  if (mine !== theirs) return mine < theirs ? -1 : 1;
  const [left, right] = [one, other].map(({ number }) => number.split('.').map(Number)) as [number[], number[]];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

async function makeWorld({ ledger, tenantKeys }: Bench, chance: Chance): Promise<World> {
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'Tenant', slug: `t-${newId()}` });
  const world: World = { tenantId, projects: [], epics: [], stories: [] };
  const run = <Command>(definition: CommandDefinition<Command>, command: Command) =>
    ledger.execute(request(world.tenantId, definition, command));
  for (let project = 1; project <= 2; project += 1) {
    const parent = thing(newId(), '', null);
    world.projects.push(parent);
    await run(createProject, { project_id: parent.id, name: `P${project}`, slug: `p${project}` });
    for (let epic = 1; epic <= 4; epic += 1) {
      const made = thing(newId(), String(epic), parent);
      world.epics.push(made);
      await run(createEpic, { epic_id: made.id, project_id: parent.id, title: `E${epic}` });
      const numbers = Array.from({ length: chance.integer(13) }, (_, index) => `${epic}.${index + 1}`);
      const stories = numbers.map((number) => thing(newId(), number, made));
      world.stories.push(...stories);
      const creations = stories.map(({ id, number }) =>
        run(createStory, { story_id: id, epic_id: made.id, title: `S${number}`, number }),
      );
      await Promise.all(creations);
    }
  }
  await connect(world, chance, run);
  await putAway(world, chance, run);
  return world;
}

type Run = <Command>(definition: CommandDefinition<Command>, command: Command) => Promise<unknown>;

async function connect(world: World, chance: Chance, run: Run): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    const level = chance.integer(8) === 0 ? 'epic' : 'story';
    const ends = level === 'epic' ? world.epics : world.stories;
    const [from, to] = [chance.pick(ends), chance.pick(ends)];
    const projectId = level === 'epic' ? from.parent?.id : from.parent?.parent?.id;
    const command = { dependency_id: newId(), project_id: projectId ?? '', level, from_id: from.id, needs_id: to.id };
    const code = await codeOfRefusal(run(addDependency, command as Parameters<typeof addDependency.decide>[0]));
    if (code === undefined) from.needs.push(to);
  }
}

async function putAway(world: World, chance: Chance, run: Run): Promise<void> {
  for (const story of world.stories.filter(() => chance.integer(10) === 0)) {
    const gone = chance.integer(2) === 0;
    const code = await codeOfRefusal(
      run<{ story_id: string }>(gone ? deleteStory : archiveStory, { story_id: story.id }),
    );
    if (code === undefined) story.status = gone ? 'deleted' : 'archived';
    if (story.status === 'deleted') story.needs.splice(0);
  }
  if (chance.integer(3) === 0) {
    const epic = chance.pick(world.epics);
    await run(archiveEpic, { epic_id: epic.id });
    epic.status = 'archived';
  }
  if (chance.integer(4) === 0) {
    const project = chance.pick(world.projects);
    await run(archiveProject, { project_id: project.id });
    project.status = 'archived';
  }
}

/** By backfilling, which is the shortest way. What is put away stays as it is. */
async function verifySome({ ledger }: Bench, world: World, chance: Chance): Promise<void> {
  const epic = chance.pick(world.epics);
  const some = world.stories.filter((story) => story.parent === epic || chance.integer(4) === 0);
  const told = { reason: 'done before', evidence_url: 'https://example.com/done' };
  for (const story of some) {
    const command = { story_id: story.id, ...told };
    const code = await codeOfRefusal(ledger.execute(request(world.tenantId, backfillStory, command)));
    story.verified = code === undefined;
  }
}

interface Item {
  readonly id: string;
  readonly blockers?: readonly { readonly id: string }[];
}

/** Page by page, as a client would read it. */
async function readAll(list: (page: PageRequest) => Promise<Listed | null>): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: PageRequest['after'] = null; ;) {
    const listed = await list({ limit: 4, after, count: true });
    if (listed === null) throw new Error('the list hangs on nothing');
    items.push(...listed.items.map((text) => JSON.parse(text) as Item));
    if (after === null && listed.next === null && listed.total !== items.length) throw new Error('wrong total');
    if (listed.next === null) return items;
    after = listed.next;
  }
}

async function queuesOf(database: Database, { tenantId }: World, project: Thing | null) {
  const ready = await readAll((page) =>
    project === null ? listReady(database, tenantId, page) : listProjectReady(database, tenantId, project.id, page),
  );
  const blocked = await readAll((page) =>
    project === null ? listBlocked(database, tenantId, page) : listProjectBlocked(database, tenantId, project.id, page),
  );
  return {
    ready: ready.map(({ id }) => id),
    blocked: new Map(blocked.map(({ id, blockers }) => [id, blockers?.map((one) => one.id).sort()])),
  };
}

test('the queues hold what a slow model says, page by page, with and without verified stories', async (t) => {
  const bench = await openTestLedger(t);
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const seen = { ready: 0, blocked: 0 };
  for (let round = 0; round < 12; round += 1) {
    const world = await makeWorld(bench, chance);
    for (const verify of [false, true]) {
      if (verify) await verifySome(bench, world, chance);
      const model = modelOf(world);
      seen.ready += model.ready.length;
      seen.blocked += model.blocked.size;
      t.strictSame(await queuesOf(bench.database, world, null), model, `round ${round}, seed ${chance.seed}`);
      for (const project of world.projects) {
        const stories = world.stories.filter(({ parent }) => parent?.parent === project).map(({ id }) => id);
        t.strictSame(await queuesOf(bench.database, world, project), {
          ready: model.ready.filter((id) => stories.includes(id)),
          blocked: new Map([...model.blocked].filter(([id]) => stories.includes(id))),
        });
      }
    }
  }
  t.ok(seen.ready > 100 && seen.blocked > 100, JSON.stringify(seen));
});

test('the total of a queue is the same on every page', async (t) => {
  const bench = await openTestLedger(t);
  const tenantId = newId();
  const [project_id, epic_id] = [newId(), newId()];
  await bench.ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  await bench.ledger.execute(request(tenantId, createEpic, { project_id, epic_id, title: 'E' }));
  for (let number = 0; number < 5; number += 1) {
    await bench.ledger.execute(request(tenantId, createStory, { story_id: newId(), epic_id, title: 'S' }));
  }
  const first = await listReady(bench.database, tenantId, { limit: 2, after: null, count: true });
  const second = await listReady(bench.database, tenantId, { limit: 2, after: first.next, count: true });
  t.strictSame([first.total, second.total], [5, 5]);
  t.equal(second.items.length, 2);
});

test('the queues of a project that is not there are no list at all', async (t) => {
  const { database } = await openTestLedger(t);
  const page = { limit: 2, after: null, count: false };
  t.equal(await listProjectReady(database, newId(), newId(), page), null);
  t.equal(await listProjectBlocked(database, newId(), newId(), page), null);
  t.strictSame((await listReady(database, newId(), page)).items, []);
});
