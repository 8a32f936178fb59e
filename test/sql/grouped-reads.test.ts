// Reads of several tenants in one statement: everybody gets what is theirs, at the position of their own log.
import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import { findStory } from '../../projections/story.ts';
import { GroupedReads } from '../../sql/grouped-reads.ts';
import { openSite } from '../hardening/site.ts';

test('stories of one id that several tenants ask for at once are each the tenant’s own', async (t) => {
  const { database, a, b, shared } = await openSite(t);
  const asks = Array.from({ length: 300 }, (_, index) => [a, b, newId()][index % 3] as string);
  const alone = new Map<string, string | undefined>();
  for (const tenantId of [a, b]) alone.set(tenantId, (await findStory(database, tenantId, shared.story))?.body);
  t.not(alone.get(a), undefined);
  t.not(alone.get(a), alone.get(b), 'the two tell something different');
  const found = await Promise.all(asks.map((tenantId) => findStory(database, tenantId, shared.story)));
  t.same(
    found.map((story) => story?.body),
    asks.map((tenantId) => alone.get(tenantId)),
  );
});

test('a story of another tenant is not found, whatever is asked beside it', async (t) => {
  const { database, a, b, shared } = await openSite(t);
  const [own, foreign, none] = await Promise.all([
    findStory(database, a, shared.story),
    findStory(database, b, newId()),
    findStory(database, newId(), shared.story),
  ]);
  t.ok(own);
  t.equal(foreign, null);
  t.equal(none, null);
});

test('a group that fails fails for each of those who asked, and the next one is read', async (t) => {
  let broken = true;
  const reads = new GroupedReads((_query, [asked]) =>
    broken
      ? Promise.reject(new Error('connection terminated'))
      : Promise.resolve(
          String(asked)
            .split(',')
            .map((pair, at) => ({ place: at + 1, pair })),
        ),
  );
  const query = { name: 'find_thing', text: '' };
  const failed = await Promise.allSettled(['1', '2'].map((id) => reads.find(query, 'tenant', id)));
  t.same(
    failed.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  broken = false;
  t.match(await reads.find(query, 'tenant', '3'), { pair: 'tenant/3' });
});

test('what is asked for while two groups are read is read together, a bounded number at a time', async (t) => {
  const sizes: number[] = [];
  const gates: (() => void)[] = [];
  const reads = new GroupedReads(async (_query, [asked]) => {
    sizes.push(String(asked).split(',').length);
    await new Promise<void>((resolve) => gates.push(resolve));
    return [];
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const ask = (count: number): Promise<unknown>[] =>
    Array.from({ length: count }, () => reads.find({ name: 'find_thing', text: '' }, 'tenant', newId()));
  const all = ask(1);
  await turn();
  all.push(...ask(2));
  await turn();
  all.push(...ask(150));
  await turn();
  t.same(sizes, [1, 2], 'a third group waits for one of the two');
  while (gates.length > 0) {
    gates.shift()?.();
    await turn();
    await turn();
  }
  await Promise.all(all);
  t.same(sizes, [1, 2, 128, 22]);
});
