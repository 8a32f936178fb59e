import { type Test, test } from 'tap';
import { setImmediate as turn } from 'node:timers/promises';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { changeStory, createStory } from '../../commands/story.ts';
import { projectStream } from '../../events/project.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import type { LedgerDatabase } from '../../sql/database.ts';
import { createLedger, type Ledger } from '../../sql/ledger.ts';
import { codeOfRefusal, openTestLedger, request, shown } from '../support/ledger.ts';

/** Commits wait until they are let go. */
function holdCommits(database: LedgerDatabase) {
  let held: { readonly go: () => void; readonly fail: (error: Error) => void }[] = [];
  let holding = false;
  let commits = 0;
  return {
    commits: () => commits,
    hold: () => (holding = true),
    letGo(error?: Error): void {
      holding = false;
      for (const { go, fail } of held) {
        if (error === undefined) go();
        else fail(error);
      }
      held = [];
    },
    async waiting(): Promise<void> {
      while (held.length === 0) await turn();
    },
    database: {
      ...database,
      async platform(query, values) {
        if (query.name.startsWith('commit_')) {
          commits += 1;
          if (holding) await new Promise<void>((go, fail) => held.push({ go, fail }));
        }
        return database.platform(query, values);
      },
    } satisfies LedgerDatabase,
  };
}

/** A ledger with everything in memory that the creation of stories asks for, and a first command on its way. */
async function start(t: Test) {
  const { database, ledger: other, urls } = await openTestLedger(t);
  const gate = holdCommits(database);
  const ledger = createLedger({ database: gate.database, registry });
  const tenantId = newId();
  const [project_id, epic_id] = [newId(), newId()];
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  await ledger.execute(request(tenantId, createEpic, { epic_id, project_id, title: 'E' }));
  const create = (definition = createStory, story_id = newId(), key?: string) =>
    ledger.execute(request(tenantId, definition, { story_id, epic_id, title: 'S' }, key === undefined ? {} : { key }));
  await create();
  const story_id = newId();
  gate.hold();
  const first = create(createStory, story_id);
  await gate.waiting();
  return { gate, ledger, other, tenantId, project_id, epic_id, story_id, create, first, urls };
}

async function turns(count = 5): Promise<void> {
  for (let at = 0; at < count; at += 1) await turn();
}

function counting(): { readonly definition: typeof createStory; decided: number } {
  const counted = {
    decided: 0,
    definition: {
      ...createStory,
      decide(...parts: Parameters<typeof createStory.decide>) {
        counted.decided += 1;
        return createStory.decide(...parts);
      },
    },
  };
  return counted;
}

test('what comes while a batch is on its way is decided meanwhile, and sent as one', async (t) => {
  const { gate, create, first } = await start(t);
  const counted = counting();
  const before = gate.commits();
  const later: ReturnType<Ledger['execute']>[] = [];
  for (let at = 0; at < 6; at += 1) {
    later.push(create(counted.definition));
    await turns(2);
  }
  t.equal(counted.decided, 6, 'decided before the first has landed');
  t.equal(gate.commits(), before);
  gate.letGo();
  const results = await Promise.all([first, ...later]);
  t.same(
    results.map(({ position }) => position),
    [4, 5, 6, 7, 8, 9, 10],
  );
  t.same(
    results.map((result) => shown(result)['number']),
    ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8'],
  );
  t.equal(gate.commits(), before + 1);
  t.equal(counted.decided, 6, 'each once');
});

test('what changes an object that is on its way waits for its times', async (t) => {
  const { gate, ledger, tenantId, story_id, create, first } = await start(t);
  const changes = { title: 'T' };
  const changed = ledger.execute(request(tenantId, changeStory, { story_id, changes }));
  const same = ledger.execute(request(tenantId, changeStory, { story_id, changes: { title: 'S' } }));
  const beside = create();
  await turns();
  gate.letGo();
  const [made, done, untouched] = (await Promise.all([first, changed, same])).map(shown);
  t.match(done, { version: 2, title: 'T', created_at: made?.['created_at'] as string });
  t.ok((done?.['updated_at'] as string) >= (made?.['created_at'] as string));
  t.equal(untouched?.['created_at'], made?.['created_at']);
  t.equal((await beside).version, 1);
});

test('an object that the batch on its way changes is not changed from what it was before', async (t) => {
  const { gate, ledger, tenantId, story_id, create, first } = await start(t);
  const change = async (title: string) => {
    const changed = await ledger.execute(request(tenantId, changeStory, { story_id, changes: { title } }));
    return shown(changed);
  };
  gate.letGo();
  await first;
  await change('in memory now');
  gate.hold();
  const one = change('one');
  await gate.waiting();
  const before = gate.commits();
  const two = change('two');
  await turns();
  gate.letGo();
  t.match(
    [await one, await two],
    [
      { version: 3, title: 'one' },
      { version: 4, title: 'two' },
    ],
  );
  t.equal(gate.commits(), before + 1, 'no commit was in vain');
  t.equal((await create()).version, 1);
});

test('when another process was faster, everything that was decided on top is decided again', async (t) => {
  const { gate, other, tenantId, epic_id, create, first } = await start(t);
  const counted = counting();
  const later = [create(counted.definition), create(counted.definition)];
  await turns();
  t.equal(counted.decided, 2);
  const foreign = await other.execute(request(tenantId, createStory, { story_id: newId(), epic_id, title: 'Theirs' }));
  t.equal(shown(foreign)['number'], '1.2');
  gate.letGo();
  const numbers = (await Promise.all([first, ...later])).map((result) => shown(result)['number']);
  t.same(numbers, ['1.3', '1.4', '1.5']);
  t.ok(counted.decided > 2);
});

test('a batch that fails takes nothing along that was decided on top of it', async (t) => {
  const { gate, create, first } = await start(t);
  const later = [create(), create()];
  await turns();
  gate.letGo(new Error('no'));
  t.match(await codeOfRefusal(first), /no/);
  const numbers = (await Promise.all(later)).map((result) => shown(result)['number']);
  t.same(numbers, ['1.2', '1.3']);
});

test('a key that is on its way answers its repeat', async (t) => {
  const { gate, create, first } = await start(t);
  const [story, key] = [newId(), 'once'];
  const one = create(createStory, story, key);
  await turns();
  gate.letGo();
  await first;
  gate.hold();
  const between = create();
  await gate.waiting();
  const twice = create(createStory, story, key);
  await turns();
  gate.letGo();
  const [made, , again] = await Promise.all([one, between, twice]);
  t.match([made.replayed, again.replayed], [false, true]);
  t.equal(again.body, made.body);
});

test('an answer that asks for more than is at hand spoils nothing', async (t) => {
  const { gate, ledger, tenantId, epic_id, create, first } = await start(t);
  const unseen = newId();
  const asking = request(tenantId, createStory as CommandDefinition<unknown>, {
    story_id: newId(),
    epic_id,
    title: 'Asking',
  });
  const asked = ledger.execute({
    ...asking,
    render: (subject, world) => {
      t.equal(world.find(projectStream, unseen), undefined);
      return asking.render(subject, world);
    },
  });
  const beside = create();
  await turns();
  gate.letGo();
  const results = await Promise.all([first, asked, beside]);
  t.same(
    results.map(({ position }) => position).toSorted((left, right) => left - right),
    [4, 5, 6],
  );
});
