import { createHash } from 'node:crypto';
import pg from 'pg';
import { type Test, test } from 'tap';
import { createEpic } from '../../commands/epic.ts';
import { changeProject, createProject, deleteProject } from '../../commands/project.ts';
import { changeStory, createStory } from '../../commands/story.ts';
import { StoryCreated } from '../../events/story.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import type { Json } from '../../kernel/event.ts';
import { newId } from '../../kernel/id.ts';
import { record } from '../../kernel/stream.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { personFor } from '../support/given.ts';
import { codeOfRefusal, keyActor, openLedgerOn, openTestLedger, request, shown } from '../support/ledger.ts';

interface LogRow {
  readonly position: string;
  readonly entry: string;
  readonly leaf_hash: Buffer;
  readonly chain_hash: Buffer;
}

async function readLog(t: Test, adminUrl: string, tenantId: string): Promise<LogRow[]> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  t.teardown(() => client.end());
  const { rows } = await client.query<LogRow>('select * from ledger.events where tenant_id = $1 order by position', [
    tenantId,
  ]);
  return rows;
}

async function plan(ledger: Ledger, tenantId: string): Promise<{ projectId: string; epicId: string }> {
  const projectId = newId();
  const epicId = newId();
  await ledger.execute(
    request(tenantId, createProject, { project_id: projectId, name: 'Plan', slug: `s-${projectId}` }),
  );
  await ledger.execute(request(tenantId, createEpic, { epic_id: epicId, project_id: projectId, title: 'First' }));
  return { projectId, epicId };
}

test('commands at once get positions without a gap, and a chain that anyone can recompute', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const tenantId = newId();
  const { epicId } = await plan(ledger, tenantId);
  const results = await Promise.all(
    Array.from({ length: 300 }, (_, at) =>
      ledger.execute(
        request(tenantId, createStory, { story_id: newId(), epic_id: epicId, title: `Ümlaut "${at}" \\ 😀` }),
      ),
    ),
  );
  t.same(
    results.map(({ position }) => position).sort((one, other) => one - other),
    Array.from({ length: 300 }, (_, at) => at + 3),
  );
  t.equal(new Set(results.map((result) => shown(result)['number'])).size, 300);
  const log = await readLog(t, urls.adminUrl, tenantId);
  let chain = Buffer.alloc(32);
  for (const [at, { position, entry, leaf_hash, chain_hash }] of log.entries()) {
    const leaf = createHash('sha256')
      .update(Buffer.from([0]))
      .update(entry)
      .digest();
    chain = createHash('sha256').update(chain).update(leaf).digest();
    if (Number(position) !== at + 1 || !leaf.equals(leaf_hash) || !chain.equals(chain_hash))
      t.fail(`entry ${position}`);
    if (canonicalJson(JSON.parse(entry) as Json) !== entry) t.fail(`entry ${position} is not canonical`);
  }
  t.equal(log.length, 302);
});

test('the same key and request is answered once and replayed, whatever has changed since', async (t) => {
  const { ledger } = await openTestLedger(t);
  const tenantId = newId();
  const projectId = newId();
  const create = request(tenantId, createProject, { project_id: projectId, name: 'P', slug: 'p' }, { key: 'once' });
  const first = await ledger.execute(create);
  t.equal(first.replayed, false);
  await ledger.execute(request(tenantId, changeProject, { project_id: projectId, changes: { name: 'Q' } }));
  const again = await ledger.execute({ ...create, command: { project_id: newId(), name: 'P', slug: 'p' } });
  t.equal(again.replayed, true);
  t.equal(again.body, first.body);
  t.equal(again.position, first.position);
});

test('the same key with another request is refused, and other credentials do not share keys', async (t) => {
  const { ledger } = await openTestLedger(t);
  const tenantId = newId();
  const make = (slug: string, options: Parameters<typeof request>[3]) =>
    ledger.execute(request(tenantId, createProject, { project_id: newId(), name: slug, slug }, options));
  const actor = keyActor('user');
  await make('one', { actor, key: 'k', said: 'a' });
  t.equal(await codeOfRefusal(make('two', { actor, key: 'k', said: 'b' })), 'idempotency_mismatch');
  t.equal((await make('three', { actor: keyActor('user'), key: 'k', said: 'b' })).replayed, false);
});

test('one key fifty times at once has exactly one effect', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const other = openLedgerOn(t, urls.appUrl);
  const tenantId = newId();
  const actor = keyActor('user');
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      (at % 2 === 0 ? ledger : other.ledger).execute(
        request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'p' }, { actor, key: 'race' }),
      ),
    ),
  );
  t.equal(results.filter(({ replayed }) => !replayed).length, 1);
  t.equal(new Set(results.map(({ body }) => body)).size, 1);
  t.equal((await readLog(t, urls.adminUrl, tenantId)).length, 1);
});

test('a refusal writes nothing and a stale If-Match names the present version', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const tenantId = newId();
  const { projectId } = await plan(ledger, tenantId);
  const change = (ifMatch: number) =>
    ledger.execute(
      request(tenantId, changeProject, { project_id: projectId, changes: { name: `n${ifMatch}` } }, { ifMatch }),
    );
  await t.rejects(change(7), { code: 'version_conflict', extra: { members: { current_version: 1 } } });
  t.equal(
    await codeOfRefusal(
      ledger.execute(
        request(tenantId, deleteProject, { project_id: projectId }, { actor: personFor('deleteProject') }),
      ),
    ),
    'project_not_empty',
  );
  t.equal((await readLog(t, urls.adminUrl, tenantId)).length, 2);
  t.equal((await change(1)).version, 2);
});

test('a command that changes nothing is answered and appends nothing', async (t) => {
  const { ledger } = await openTestLedger(t);
  const tenantId = newId();
  const { projectId } = await plan(ledger, tenantId);
  const result = await ledger.execute(
    request(tenantId, changeProject, { project_id: projectId, changes: { name: 'Plan' } }),
  );
  t.match(result, { version: 1, position: 2 });
});

/** Goes past the decider's own check, as a rule that somebody forgot would. */
const careless: CommandDefinition<{ story_id: string; epic_id: string; project_id: string }> = {
  name: 'Careless',
  subject: ({ story_id }) => ({ type: 'story', id: story_id }),
  authorize: () => undefined,
  decide: ({ story_id, epic_id, project_id }) => [
    record(
      StoryCreated,
      { type: 'story', id: story_id },
      { project_id, epic_id, number: '1.1', title: 'T', description: '', priority: 2, estimate: null, criteria: [] },
      project_id,
    ),
  ],
};

test('a command that the database rejects fails alone', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const tenantId = newId();
  const neighbour = newId();
  const { projectId, epicId } = await plan(ledger, tenantId);
  const beside = await plan(ledger, neighbour);
  const good = (tenant: string, epic: string) =>
    ledger.execute(request(tenant, createStory, { story_id: newId(), epic_id: epic, title: 'good' }));
  await good(tenantId, epicId);
  const bad = () =>
    codeOfRefusal(
      ledger.execute(request(tenantId, careless, { story_id: newId(), epic_id: epicId, project_id: projectId })),
    );
  const outcomes = await Promise.all([
    ...Array.from({ length: 20 }, () => good(tenantId, epicId)),
    bad(),
    ...Array.from({ length: 20 }, () => good(neighbour, beside.epicId)),
    bad(),
  ]);
  t.same(
    outcomes.filter((outcome) => typeof outcome === 'string'),
    ['story_number_taken', 'story_number_taken'],
  );
  t.equal((await readLog(t, urls.adminUrl, tenantId)).length, 23);
  t.equal((await readLog(t, urls.adminUrl, neighbour)).length, 22);
});

test('two processes write one tenant, and neither decides on what it has not seen', async (t) => {
  const { ledger, urls } = await openTestLedger(t);
  const other = openLedgerOn(t, urls.appUrl);
  const tenantId = newId();
  const projectId = newId();
  const epic = () => request(tenantId, createEpic, { epic_id: newId(), project_id: projectId, title: 'E' });
  t.equal(await codeOfRefusal(other.ledger.execute(epic())), 'project_not_found');
  await ledger.execute(request(tenantId, createProject, { project_id: projectId, name: 'P', slug: 'p' }));
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? ledger : other.ledger).execute(epic())),
  );
  const numbers = results.map((result) => Number(shown(result)['number']));
  t.same(
    numbers.sort((one, two) => one - two),
    Array.from({ length: 60 }, (_, at) => at + 1),
  );
  t.equal((await readLog(t, urls.adminUrl, tenantId)).length, 61);
});

test('a change larger than an entry may be is refused before it reaches the database', async (t) => {
  const { ledger } = await openTestLedger(t);
  const tenantId = newId();
  const { epicId } = await plan(ledger, tenantId);
  const criteria = Array.from({ length: 60 }, () => ({ text: 'ü'.repeat(1_000), binding: null }));
  const big = request(tenantId, createStory, { story_id: newId(), epic_id: epicId, title: 'big', criteria });
  t.equal(await codeOfRefusal(ledger.execute(big)), 'entry_too_large');
});

test('memory that is too small for the work changes nothing but the pace', async (t) => {
  const { ledger } = await openTestLedger(t, { memoryEntries: 8, memoryTenants: 1 });
  const tenants = [newId(), newId()];
  const plans = await Promise.all(tenants.map((tenantId) => plan(ledger, tenantId)));
  for (let round = 1; round <= 5; round += 1) {
    const results = await Promise.all(
      tenants.map(async (tenantId, at) => {
        const storyId = newId();
        const epicId = plans[at]?.epicId ?? '';
        await ledger.execute(request(tenantId, createStory, { story_id: storyId, epic_id: epicId, title: 'T' }));
        return ledger.execute(request(tenantId, changeStory, { story_id: storyId, changes: { title: 'U' } }));
      }),
    );
    t.same(
      results.map((result) => [shown(result)['number'], result.version]),
      [
        [`1.${round}`, 2],
        [`1.${round}`, 2],
      ],
    );
  }
});
