import { test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { StoryLeaseExtended } from '../../events/story-custody.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { record } from '../../kernel/stream.ts';
import { listLapsed } from '../../projections/lease.ts';
import { findStory } from '../../projections/story.ts';
import { LeaseWatch } from '../../workers/lease.ts';
import { openTestLedger, request } from '../support/ledger.ts';
import { Loop } from '../support/loop.ts';

const quiet = { info: () => undefined, warn: () => undefined };

test('a worker finds what lapsed, and what is still held it leaves alone', async (t) => {
  const { database, ledger, tenantKeys } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'leases' });
  const [project_id, epic_id, story_id] = [newId(), newId(), newId()];
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  await ledger.execute(request(tenantId, createEpic, { project_id, epic_id, title: 'E' }));
  await ledger.execute(request(tenantId, createStory, { story_id, epic_id, title: 'S' }));
  const loop = new Loop(ledger, tenantId);
  const worker = await loop.send('agent');
  await loop.takeOn(worker, { story_id, title: 'S' });
  const statusOf = async (): Promise<unknown> => {
    const found = await findStory(database, tenantId, story_id);
    return (JSON.parse(found?.body ?? '{}') as { agent_status?: string }).agent_status;
  };
  const watch = new LeaseWatch({ database, ledger, log: quiet });
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  t.match(await listLapsed(database, tenantId, inAnHour), [{ story_id, fence: 1 }]);
  await watch.round(inAnHour);
  t.equal(await statusOf(), 'implementing', 'the decider looks at its own clock');
  const past = { lease_until: new Date(Date.now() - 1_000).toISOString(), note: null };
  await ledger.execute(request(tenantId, overrun(story_id, project_id, past), {}));
  await watch.round();
  t.equal(await statusOf(), 'pending');
  t.same(await listLapsed(database, tenantId, inAnHour), []);
  await watch.round();
  t.match(watch.gauges(), [{ value: 1 }]);
});

/** A lease that is over already: nobody can ask for one, so its fact is written past the commands. */
function overrun(id: string, projectId: string, lease: { lease_until: string; note: null }): CommandDefinition<object> {
  const subject = { type: 'story', id };
  return {
    name: 'Overrun',
    subject: () => subject,
    authorize: () => undefined,
    decide: () => [record(StoryLeaseExtended, subject, lease, projectId)],
  };
}
