import { test } from 'tap';
import { addDependency, removeDependency } from '../../commands/dependency.ts';
import { createEpic, deleteEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { createStory, deleteStory } from '../../commands/story.ts';
import type { DependencyLevel } from '../../events/dependency.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import {
  type DependencyView,
  findProjectOf,
  listDependencies,
  listProjectDependencies,
} from '../../projections/dependency.ts';
import type { Database } from '../../sql/database.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { startChance } from '../hardening/random.ts';
import { administer } from '../support/database.ts';
import { codeOfRefusal, openLedgerOn, openTestLedger, request } from '../support/ledger.ts';

const wholePage = { limit: 200, after: null, count: true };

/** A project with epics 1 to 3, each with stories 1 to 3, in a new tenant. */
async function makePlan(ledger: Ledger) {
  const tenantId = newId();
  const projectId = newId();
  const ids = new Map<string, string>();
  const run = <Command>(definition: CommandDefinition<Command>, command: Command, by = ledger) =>
    by.execute(request(tenantId, definition, command));
  await run(createProject, { project_id: projectId, name: 'P', slug: 'p' });
  for (const epic of ['1', '2', '3']) {
    ids.set(epic, newId());
    await run(createEpic, { project_id: projectId, epic_id: idOf(ids, epic), title: epic });
    for (const number of [1, 2, 3].map((story) => `${epic}.${story}`)) {
      ids.set(number, newId());
      await run(createStory, { epic_id: idOf(ids, epic), story_id: idOf(ids, number), title: number });
    }
  }
  const edge = (from: string, to: string, dependency_id = newId()) => ({
    dependency_id,
    project_id: projectId,
    level: levelOf(from),
    from_id: idOf(ids, from),
    needs_id: idOf(ids, to),
  });
  return { tenantId, projectId, ids, run, edge };
}

function idOf(ids: ReadonlyMap<string, string>, number: string): string {
  return ids.get(number) ?? newId();
}

function levelOf(number: string): DependencyLevel {
  return number.includes('.') ? 'story' : 'epic';
}

async function edgesOf(database: Database, tenantId: string, projectId: string): Promise<string[]> {
  const listed = await listProjectDependencies(database, tenantId, projectId, wholePage);
  const edges = (listed?.items ?? []).map((text) => JSON.parse(text) as DependencyView);
  if (listed?.total !== edges.length) throw new Error('wrong total');
  return edges.map(({ from, needs }) => `${from.number} > ${needs.number}`);
}

test('an edge is listed with the project, and from both of its ends', async (t) => {
  const { ledger, database } = await openTestLedger(t);
  const { tenantId, projectId, ids, run, edge } = await makePlan(ledger);
  await run(addDependency, edge('1.2', '1.1'));
  await run(addDependency, edge('2', '1'));
  await run(addDependency, edge('1.3', '1.2'));
  t.strictSame(await edgesOf(database, tenantId, projectId), ['1.2 > 1.1', '2 > 1', '1.3 > 1.2']);
  const place = { level: 'story', id: idOf(ids, '1.2') } as const;
  const numbers = async (direction: 'both' | 'needs' | 'needed_by') => {
    const listed = await listDependencies(database, tenantId, { ...place, direction }, wholePage);
    return listed?.items.map((text) => (JSON.parse(text) as DependencyView).needs.number);
  };
  t.strictSame(await numbers('both'), ['1.1', '1.2']);
  t.strictSame(await numbers('needs'), ['1.1']);
  t.strictSame(await numbers('needed_by'), ['1.2']);
  t.equal(await listDependencies(database, newId(), place, wholePage), null);
});

test('an edge leaves the lists when it is removed or what needs is deleted', async (t) => {
  const { ledger, database } = await openTestLedger(t);
  const { tenantId, projectId, ids, run, edge } = await makePlan(ledger);
  const first = edge('1.2', '1.1');
  await run(addDependency, first);
  await run(addDependency, edge('1.3', '1.1'));
  await run(addDependency, edge('2', '1'));
  const { project_id, level, from_id, dependency_id: named } = first;
  await run(removeDependency, { project_id, level, from_id, named });
  t.strictSame(await edgesOf(database, tenantId, projectId), ['1.3 > 1.1', '2 > 1']);
  await run(deleteStory, { story_id: idOf(ids, '1.3') });
  t.strictSame(await edgesOf(database, tenantId, projectId), ['2 > 1']);
  for (const number of ['2.1', '2.2', '2.3']) await run(deleteStory, { story_id: idOf(ids, number) });
  await run(deleteEpic, { epic_id: idOf(ids, '2') });
  t.strictSame(await edgesOf(database, tenantId, projectId), []);
  t.equal(await findProjectOf(database, tenantId, 'epic', idOf(ids, '2')), projectId);
});

test('edges that are added, removed and added again in one commit leave the last one', async (t) => {
  let commits = 0;
  const { ledger, database } = await openTestLedger(t, { onCommitted: () => void (commits += 1) });
  const { tenantId, projectId, run, edge } = await makePlan(ledger);
  const first = edge('1.2', '1.1');
  await run(addDependency, first);
  const { project_id, level, from_id, needs_id: named } = first;
  const removing = { project_id, level, from_id, named };
  const last = edge('1.2', '1.1');
  commits = 0;
  const results = await Promise.all([
    run(removeDependency, removing),
    run(addDependency, edge('1.2', '1.1')),
    run(removeDependency, removing),
    run(addDependency, last),
  ]);
  t.equal(new Set(results.map(({ position }) => position)).size, 4);
  t.equal(commits, 1);
  const listed = await listProjectDependencies(database, tenantId, projectId, wholePage);
  t.strictSame(
    listed?.items.map((text) => (JSON.parse(text) as DependencyView).id),
    [last.dependency_id],
  );
});

test('of two edges that close a circle together one is refused, whichever processes add them at once', async (t) => {
  const { ledger, database, urls } = await openTestLedger(t);
  const other = openLedgerOn(t, urls.appUrl);
  const pairs = [
    [['1.1', '1.2'], ['1.2', '1.1'], 'dependency_cycle'],
    [['1', '2'], ['2', '1'], 'dependency_cycle'],
    [['1', '2'], ['2.1', '1.1'], 'dependency_deadlock'],
  ] as const;
  for (let round = 0; round < 8; round += 1) {
    for (const [one, two, code] of pairs) {
      const { tenantId, projectId, run, edge } = await makePlan(ledger);
      const codes = await Promise.all([
        codeOfRefusal(run(addDependency, edge(one[0], one[1]))),
        codeOfRefusal(run(addDependency, edge(two[0], two[1]), round % 2 === 0 ? other.ledger : ledger)),
      ]);
      t.strictSame(
        codes.filter((found) => found !== undefined),
        [code],
      );
      t.equal((await edgesOf(database, tenantId, projectId)).length, 1);
    }
  }
});

test('many edges from two processes at once never make a plan that cannot be finished', async (t) => {
  const { ledger, database, urls } = await openTestLedger(t);
  const other = openLedgerOn(t, urls.appUrl);
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const { tenantId, projectId, ids, run, edge } = await makePlan(ledger);
  const numbers = [...ids.keys()];
  const attempts = Array.from({ length: 150 }, () => {
    const from = chance.pick(numbers);
    const to = chance.pick(numbers.filter((number) => levelOf(number) === levelOf(from)));
    return codeOfRefusal(run(addDependency, edge(from, to), chance.pick([ledger, other.ledger])));
  });
  const codes = await Promise.all(attempts);
  const edges = await edgesOf(database, tenantId, projectId);
  t.equal(edges.length, codes.filter((code) => code === undefined).length);
  t.ok(codes.includes('dependency_cycle') && codes.includes('dependency_exists'), `seed ${chance.seed}`);
  t.ok(finishes(numbers, edges), `seed ${chance.seed}: ${edges.join(', ')}`);
});

/** Does whatever can be done until nothing more can. */
function finishes(numbers: readonly string[], edges: readonly string[]): boolean {
  const done = new Set<string>();
  const mayBegin = (number: string): boolean =>
    edges.every((edge) => !edge.startsWith(`${number} > `) || done.has(edge.split(' > ')[1] ?? ''));
  for (let size = -1; size !== done.size;) {
    size = done.size;
    for (const number of numbers) {
      const stories = numbers.filter((story) => story.startsWith(`${number}.`));
      const epic = number.split('.')[0] ?? '';
      if (mayBegin(number) && mayBegin(epic) && stories.every((story) => done.has(story))) done.add(number);
    }
  }
  return done.size === numbers.length;
}

test('the database itself refuses an edge twice, one to itself, and one to what is not there', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const { tenantId, projectId, ids, run, edge } = await makePlan(ledger);
  await run(addDependency, edge('1.2', '1.1'));
  await run(addDependency, edge('2', '1'));
  const columns = 'tenant_id, dependency_id, version, created_at, project_id, epic_id, story_id, needs_story_id';
  const insert = `insert into view.story_dependencies (${columns}) values ($1, $2, 1, now(), $3, $4, $5, $6)`;
  const attempt = (from: string, to: string): Promise<string | undefined> =>
    codeOfRefusal(
      administer(urls.adminUrl, (client) =>
        client.query(insert, [tenantId, newId(), projectId, idOf(ids, '1'), idOf(ids, from), idOf(ids, to)]),
      ),
    );
  t.equal(await attempt('1.2', '1.1'), '23505');
  t.equal(await attempt('1.2', '1.2'), '23514');
  t.equal(await attempt('1.2', '9.9'), '23503');
  t.equal(await attempt('1.3', '1.1'), undefined);
});

test('a batch that makes a parent after the child of another is written at once, parents first', async (t) => {
  let commits = 0;
  const { ledger } = await openTestLedger(t, { onCommitted: () => void (commits += 1) });
  const { projectId, ids, run } = await makePlan(ledger);
  const epic_id = newId();
  commits = 0;
  await Promise.all([
    run(createStory, { epic_id: idOf(ids, '1'), story_id: newId(), title: 'a child of what is there' }),
    run(createEpic, { project_id: projectId, epic_id, title: 'a parent' }),
    run(createStory, { epic_id, story_id: newId(), title: 'its child' }),
  ]);
  t.equal(commits, 1);
});
