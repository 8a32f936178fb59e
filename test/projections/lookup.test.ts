// What a process loads of a look-up is what a process that was there all the time has folded, for each key of a long history.
import { test } from 'tap';
import type { LoggedEvent } from '../../kernel/event.ts';
import { registry } from '../../projections/index.ts';
import { administer } from '../support/database.ts';
import { emptyLookups } from '../support/given.ts';
import { History } from '../support/generated-history.ts';
import { tourHistory } from '../support/history-tour.ts';
import { openTestLedger } from '../support/ledger.ts';

/** Lists are sets, and members without a value may be left out. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(plain(item))).toSorted();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]): [string, unknown] => [name, plain(member)])
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

test('every look-up is loaded as it was folded', async (t) => {
  const bench = await openTestLedger(t);
  const history = new History(bench, 7);
  await history.found();
  await tourHistory(bench, history);
  await history.go(100);
  let facts: LoggedEvent[] = [];
  await administer(bench.urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ entry: string }>(
      'select entry::text as entry from ledger.events where tenant_id = $1 order by position',
      [history.tenantId],
    );
    facts = rows.map(({ entry }) => JSON.parse(entry) as LoggedEvent);
  });
  for (const [name, { definition, load }] of registry.lookups) {
    const folded = new Map<string, unknown>();
    for (const fact of facts) {
      const key = definition.keyOf(fact);
      if (key === null) continue;
      folded.set(key, definition.fold(folded.has(key) ? folded.get(key) : emptyLookups.get(name), fact));
    }
    t.ok(folded.size > 0, `${name} is of something`);
    for (const [key, value] of folded) {
      const { value: loaded } = await load(bench.database, history.tenantId, key);
      t.same(plain(loaded), plain(value), `${name} of ${key}`);
    }
  }
});
