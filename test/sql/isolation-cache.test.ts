// What a process remembers belongs to one tenant, also where another one has the very same ids.
import { test } from 'tap';
import { RateLimiter } from '../../api/http/rate-limit.ts';
import { changeProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import { keyActor, request, shown } from '../support/ledger.ts';
import { openSite } from '../hardening/site.ts';

test('objects of the same id are remembered for each tenant by itself', async (t) => {
  const { ledger, a, b, shared } = await openSite(t);
  const rename = (tenantId: string, name: string) =>
    ledger.execute(request(tenantId, changeProject, { project_id: shared.project, changes: { name } }));
  await Promise.all([rename(a, 'Of A'), rename(b, 'Of B')]);
  for (const [tenantId, name] of [
    [a, 'Of A'],
    [b, 'Of B'],
  ] as const) {
    const same = await rename(tenantId, name);
    t.match(shown(same), { name, version: 2 }, 'the name is the same, so nothing is written');
  }
});

test('a look-up under the same key is remembered for each tenant by itself', async (t) => {
  const { ledger, a, b, shared } = await openSite(t);
  const add = async (tenantId: string): Promise<unknown> => {
    const command = { story_id: newId(), epic_id: shared.epic, title: 'Next' };
    return shown(await ledger.execute(request(tenantId, createStory, command)))['number'];
  };
  t.same([await add(a), await add(a), await add(b), await add(a)], ['1.2', '1.3', '1.2', '1.4']);
});

test('the same idempotency key of a key of the same id is answered for each tenant by itself', async (t) => {
  const { ledger, a, b, shared } = await openSite(t);
  const options = { actor: keyActor('user', newId()), key: 'once' };
  const rename = (tenantId: string) =>
    ledger.execute(
      request(tenantId, changeProject, { project_id: shared.project, changes: { name: `Of ${tenantId}` } }, options),
    );
  for (const replayed of [false, true]) {
    for (const tenantId of [a, b]) {
      const result = await rename(tenantId);
      t.equal(result.replayed, replayed);
      t.equal(shown(result)['name'], `Of ${tenantId}`);
    }
  }
});

test('a key of the same id has a quota for each tenant by itself', async (t) => {
  const { database, a, b, shared } = await openSite(t);
  const rates = new RateLimiter({ database, perKey: 1, perTenant: null });
  const spend = async (tenantId: string): Promise<boolean> => {
    const quota = rates.quotaOf(tenantId, shared.project);
    return quota === null || (await rates.admitLater(quota)) === 0;
  };
  t.same([await spend(a), await spend(a), await spend(b), await spend(b)], [true, false, true, false]);
});
