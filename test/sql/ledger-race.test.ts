import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { createEpic } from '../../commands/epic.ts';
import { changeProject, createProject } from '../../commands/project.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { record } from '../../kernel/stream.ts';
import { registry } from '../../projections/index.ts';
import type { LedgerDatabase, Queryable } from '../../sql/database.ts';
import { createLedger, type Ledger } from '../../sql/ledger.ts';
import { patienceMs } from '../support/pace.ts';
import { skipWithoutPooler, startPooler } from '../support/pooler.ts';
import { codeOfRefusal, openLedgerOn, openTestLedger, request, shown } from '../support/ledger.ts';

/** The first commit is cut off from its caller, and reaches the server only when `statement` has been answered. */
function lateAttempt(database: LedgerDatabase, statement: string): LedgerDatabase {
  let held: (() => Promise<unknown>) | null = null;
  let used = false;
  return {
    ...database,
    async platform(query, values) {
      if (used || !query.name.startsWith('commit_')) return database.platform(query, values);
      used = true;
      held = () => database.platform(query, values);
      throw new Error('the connection was cut');
    },
    async read(tenantId, query, values) {
      const rows = await database.read(tenantId, query, values);
      if (held !== null && query.name.startsWith(statement)) {
        const land = held;
        held = null;
        await land();
      }
      return rows as never;
    },
  };
}

for (const moment of ['find_attempts', 'load_streams']) {
  test(`a lost attempt that lands after ${moment} is the one that counts`, async (t) => {
    const { database, ledger, urls } = await openTestLedger(t);
    const tenantId = newId();
    const projectId = newId();
    await ledger.execute(request(tenantId, createProject, { project_id: projectId, name: 'P', slug: 'p' }));
    const racing = createLedger({ database: lateAttempt(database, moment), registry });
    const epic = { epic_id: newId(), project_id: projectId, title: 'E' };
    const result = await racing.execute(request(tenantId, createEpic, epic));
    t.match(result, { position: 2, version: 1, replayed: false });
    t.equal(shown(result)['number'], 1);
    const client = new pg.Client({ connectionString: urls.adminUrl });
    await client.connect();
    t.teardown(() => client.end());
    const { rows } = await client.query('select 1 from ledger.events where tenant_id = $1', [tenantId]);
    t.equal(rows.length, 2);
  });
}

test('a follower that throws harms no command', async (t) => {
  const { urls } = await openTestLedger(t);
  const { ledger } = openLedgerOn(t, urls.appUrl, {
    onCommitted: () => {
      throw new Error('a careless follower');
    },
  });
  const tenantId = newId();
  const results = await Promise.all(
    Array.from({ length: 5 }, (_, at) =>
      ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: `p${at}` })),
    ),
  );
  t.same(
    results.map(({ position }) => position).sort((one, other) => one - other),
    [1, 2, 3, 4, 5],
  );
  t.equal(ledger.backlog(), 0);
});

/** A stream that nothing has registered, as an older version of the software would meet it. */
const strange: CommandDefinition<{ id: string }> = {
  name: 'Strange',
  subject: ({ id }) => ({ type: 'project', id }),
  authorize: () => undefined,
  decide: ({ id }, world) => {
    world.find({ type: 'strange', evolve: () => ({}) }, id);
    return [record({ type: 'x', schema: 1, shape: {}, summary: '' }, { type: 'project', id }, {}, null)];
  },
};

test('a command whose states cannot be loaded fails alone', async (t) => {
  const { ledger } = await openTestLedger(t);
  const tenantId = newId();
  const outcomes = await Promise.all([
    ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'one' })),
    codeOfRefusal(ledger.execute(request(tenantId, strange, { id: newId() }))),
    ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'two' })),
  ]);
  t.match(outcomes, [{ status: 201 }, /strange is not registered/, { status: 201 }]);
});

/** Another process always writes between the decision and the commit. */
function outrunBy(other: Ledger, database: LedgerDatabase, tenantId: string): LedgerDatabase {
  return {
    ...database,
    async platform(query, values) {
      const create = { project_id: newId(), name: 'P', slug: `s-${newId()}` };
      if (query.name.startsWith('commit_')) await other.execute(request(tenantId, createProject, create));
      return database.platform(query, values);
    },
  };
}

/** The first command loses two races before its turn; each later one, whose process remembers them, a single one. */
function positionAfterTurns(turns: number): number {
  return 1 + 2 * turns;
}

test('a command that is outrun takes a turn that cannot be lost', async (t) => {
  const { database, urls } = await openTestLedger(t);
  const tenantId = newId();
  const other = openLedgerOn(t, urls.appUrl);
  const ledger = createLedger({ database: outrunBy(other.ledger, database, tenantId), registry });
  for (let round = 1; round <= 5; round += 1) {
    const create = request(tenantId, createProject, { project_id: newId(), name: 'P', slug: `mine-${round}` });
    t.equal((await ledger.execute(create)).position, positionAfterTurns(round));
  }
  const taken = request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'mine-1' });
  t.equal(await codeOfRefusal(ledger.execute(taken)), 'project_slug_taken');
});

test('a turn is held through a pooler as well', { skip: skipWithoutPooler }, async (t) => {
  const { urls } = await openTestLedger(t);
  const pooler = await startPooler(t, urls.appUrl, 2);
  const tenantId = newId();
  const other = openLedgerOn(t, urls.appUrl);
  const { database } = openLedgerOn(t, pooler.through(urls.appUrl));
  const ledger = createLedger({ database: outrunBy(other.ledger, database, tenantId), registry });
  for (let round = 1; round <= 5; round += 1) {
    const create = request(tenantId, createProject, { project_id: newId(), name: 'P', slug: `mine-${round}` });
    t.equal((await ledger.execute(create)).position, positionAfterTurns(round));
  }
});

test('a command that is decided again in its turn may be refused, and writes nothing', async (t) => {
  const { database, urls } = await openTestLedger(t);
  const tenantId = newId();
  const other = openLedgerOn(t, urls.appUrl);
  const create = () => request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'one' });
  // The other process takes the slug while this one is on its way.
  const late: LedgerDatabase = {
    ...database,
    async platform(query, values) {
      if (query.name.startsWith('commit_')) await other.ledger.execute(create());
      return database.platform(query, values);
    },
  };
  const ledger = createLedger({ database: late, registry });
  t.equal(await codeOfRefusal(ledger.execute(create())), 'project_slug_taken');
  t.equal(ledger.backlog(), 0);
  t.equal(
    (await other.ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'two' })))
      .position,
    2,
  );
});

/** Somebody else holds the tenant's head until it is let go; tells when so many wait for it. */
async function holdHead(t: Test, url: string, tenantId: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  await client.query('begin');
  await client.query('select 1 from ledger.heads where tenant_id = $1 for update', [tenantId]);
  return {
    async waitedForBy(count: number): Promise<void> {
      for (;;) {
        const { rows } = await client.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        if (rows.length >= count) return;
        await sleep(10);
      }
    },
    letGo: () => client.query('rollback'),
  };
}

function namesOfStatements(database: LedgerDatabase, names: string[]): LedgerDatabase {
  const listed = <Kind extends Queryable>(session: Kind): Kind => ({
    ...session,
    platform(query, values) {
      names.push(query.name.slice(0, query.name.lastIndexOf('_')));
      return session.platform(query, values);
    },
  });
  return {
    ...listed(database),
    hold: (work) => database.hold((session) => work({ ...listed(session), closing: listed(session.closing) })),
  };
}

test('what comes while a turn waits for the head goes with it', async (t) => {
  const { database, urls } = await openTestLedger(t);
  const [tenantId, mine, theirs] = [newId(), newId(), newId()];
  const other = openLedgerOn(t, urls.appUrl);
  const create = (id: string) => request(tenantId, createProject, { project_id: id, name: 'P', slug: `s-${id}` });
  const rename = (id: string, ifMatch: number) =>
    request(tenantId, changeProject, { project_id: id, changes: { name: newId() } }, { ifMatch });
  const statements: string[] = [];
  const held = Promise.withResolvers<Awaited<ReturnType<typeof holdHead>>>();
  let armed = false;
  // The first race is lost, and somebody else is already waiting for the head when the turn asks for it.
  const outrun: LedgerDatabase = {
    ...database,
    async platform(query, values) {
      if (!armed || !query.name.startsWith('commit_')) return database.platform(query, values);
      armed = false;
      await other.ledger.execute(rename(theirs, 1));
      const rows = await database.platform(query, values);
      const head = await holdHead(t, urls.adminUrl, tenantId);
      void other.ledger.execute(rename(theirs, 2));
      await head.waitedForBy(1);
      held.resolve(head);
      return rows as never;
    },
  };
  const listed = namesOfStatements(outrun, statements);
  const ledger = createLedger({ database: listed, registry, turnAfterLosses: 1 });
  await Promise.all([mine, theirs].map((id) => ledger.execute(create(id))));
  armed = true;
  statements.length = 0;
  const one = ledger.execute(rename(mine, 1));
  const head = await held.promise;
  await head.waitedForBy(2);
  const two = ledger.execute(rename(theirs, 3));
  const stale = codeOfRefusal(ledger.execute(rename(theirs, 2)));
  await sleep(20);
  await head.letGo();
  t.same([(await one).position, (await two).position, await stale], [5, 6, 'version_conflict']);
  t.same(statements, ['commit', 'hold_heads', 'commit']);
});

test('a batch that comes too late hears of it without waiting for the head', async (t) => {
  const { database, urls } = await openTestLedger(t);
  const [tenantId, project_id] = [newId(), newId()];
  const other = openLedgerOn(t, urls.appUrl);
  const told = Promise.withResolvers<unknown[]>();
  let armed = false;
  const ledger = createLedger({
    database: {
      ...database,
      async platform(query, values) {
        const rows = await database.platform(query, values);
        if (armed && query.name.startsWith('commit_')) told.resolve(rows.map((row) => row['outcome']));
        return rows as never;
      },
    },
    registry,
  });
  const rename = () => request(tenantId, changeProject, { project_id, changes: { name: newId() } });
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  await other.ledger.execute(rename());
  const head = await holdHead(t, urls.adminUrl, tenantId);
  armed = true;
  const late = ledger.execute(rename());
  t.same(await Promise.race([told.promise, sleep(patienceMs, 'it waits', { ref: false })]), ['moved']);
  await head.waitedForBy(1);
  await head.letGo();
  t.equal((await late).position, 3);
});

test('a command that loses every race is told so in time', async (t) => {
  const { database, urls } = await openTestLedger(t);
  const tenantId = newId();
  const other = openLedgerOn(t, urls.appUrl);
  const outrun = outrunBy(other.ledger, database, tenantId);
  const ledger = createLedger({ database: outrun, registry, giveUpAfterMs: 300, turnAfterLosses: Infinity });
  const started = performance.now();
  const create = request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'mine' });
  t.equal(await codeOfRefusal(ledger.execute(create)), 'overloaded');
  t.ok(performance.now() - started < 30_000);
  t.equal(ledger.backlog(), 0);
});
