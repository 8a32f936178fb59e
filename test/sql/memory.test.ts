import { test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import type { LookupDefinition } from '../../kernel/command.ts';
import type { LoggedEvent } from '../../kernel/event.ts';
import { registry } from '../../projections/index.ts';
import { createMemory } from '../../sql/memory.ts';
import { openTestLedger, request } from '../support/ledger.ts';

const eventCount: LookupDefinition<number> = {
  name: 'event_count',
  keyOf: () => 'all',
  fold: (count) => count + 1,
};

test('events that are told twice are folded once', async (t) => {
  const { database, ledger } = await openTestLedger(t);
  const tenantId = newId();
  for (const slug of ['one', 'two']) {
    await ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug }));
  }
  const rows = await database.read<{ entry: string }>(
    tenantId,
    { name: '', text: 'select entry from ledger.events where tenant_id = $1 order by position' },
    [tenantId],
  );
  const events = rows.map(({ entry }) => JSON.parse(entry) as LoggedEvent);
  const lookups = new Map([
    [eventCount.name, { definition: eventCount, load: () => Promise.reject(new Error('none')) }],
  ]);
  const memory = createMemory({ ...registry, lookups }, { entries: 100, tenants: 10 });
  const tenant = memory.open(tenantId, 0);
  memory.keepLookup(tenant, eventCount.name, 'all', 0);
  memory.absorb(tenant, events);
  memory.absorb(tenant, events);
  t.same([tenant.position, memory.lookup(tenant, eventCount.name, 'all')?.value], [2, 2]);
});
