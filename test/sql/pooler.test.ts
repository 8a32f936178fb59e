import { test } from 'tap';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import { openDatabase } from '../../sql/database.ts';
import { statement } from '../../sql/statement.ts';
import { createTestDatabase } from '../support/database.ts';
import { openLedgerOn, request, shown } from '../support/ledger.ts';
import { skipWithoutPooler, startPooler } from '../support/pooler.ts';

const ownStories = statement(
  'own_stories',
  `select current_setting('app.tenant_id', true) as tenant, count(*) as stories from view.stories where $1::text <> ''`,
);
const context = statement(
  'context',
  `select coalesce(current_setting('app.tenant_id', true), '') as tenant where $1::text <> ''`,
);

test(
  'through a pooler in transaction mode several processes write and read, each under its own tenant',
  { skip: skipWithoutPooler },
  async (t) => {
    const urls = await createTestDatabase(t);
    const pooler = await startPooler(t, urls.appUrl, 2);
    const url = pooler.through(urls.appUrl);
    const processes = [openLedgerOn(t, url), openLedgerOn(t, url), openLedgerOn(t, url)];
    const tenants = await Promise.all(
      [1, 2, 3, 4].map(async (stories) => {
        const [tenantId, projectId, epicId] = [newId(), newId(), newId()];
        const ledger = processes[stories % 3]?.ledger;
        await ledger?.execute(request(tenantId, createProject, { project_id: projectId, name: 'P', slug: 'p' }));
        await ledger?.execute(request(tenantId, createEpic, { epic_id: epicId, project_id: projectId, title: 'E' }));
        return { tenantId, epicId, stories: stories * 15 };
      }),
    );
    await Promise.all(
      tenants.flatMap(({ tenantId, epicId, stories }) =>
        Array.from({ length: stories }, async (_, at) => {
          const result = await processes[at % 3]?.ledger.execute(
            request(tenantId, createStory, { story_id: newId(), epic_id: epicId, title: 'S' }, { key: `key-${at}` }),
          );
          if (result === undefined || shown(result).version !== 1) t.fail('a story was not created');
        }),
      ),
    );
    const reads = await Promise.all(
      Array.from({ length: 400 }, async (_, at) => {
        const tenant = tenants[at % tenants.length];
        const [row] = (await processes[at % 3]?.database.read(tenant?.tenantId ?? '', ownStories, ['x'])) ?? [];
        return row?.['tenant'] === tenant?.tenantId && row?.['stories'] === tenant?.stories;
      }),
    );
    t.equal(reads.filter((right) => !right).length, 0);
  },
);

test(
  'a connection that another tenant has used holds no tenant when it comes back',
  { skip: skipWithoutPooler },
  async (t) => {
    const urls = await createTestDatabase(t);
    const pooler = await startPooler(t, urls.appUrl, 1);
    let unprepared = 0;
    const database = openDatabase({
      url: pooler.through(urls.appUrl),
      max: 3,
      applicationName: 'loopledger-test',
      onUnprepared: () => (unprepared += 1),
    });
    t.teardown(() => database.close());
    for (let round = 0; round < 50; round += 1) {
      const tenantId = newId();
      const answers = await Promise.all([
        database.read(tenantId, context, ['x']),
        database.platform(context, ['x']),
        database
          .read(tenantId, statement(`fails_${round}`, 'select 1 / (length($1::text) - 1) as nothing'), ['x'])
          .catch(() => []),
        database.platform(context, ['x']),
      ]);
      t.same(
        answers.map(([row]) => row?.['tenant']),
        [tenantId, '', undefined, ''],
      );
    }
    t.equal(unprepared, 1, 'told once that the pooler keeps no prepared statements');
  },
);
