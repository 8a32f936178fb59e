// The attacks themselves: each has to come to something where the database is broken.
import type pg from 'pg';
import { test } from 'tap';
import { administer } from '../support/database.ts';
import { type BehaviourMutation, behaviourMutations } from './behaviour-mutations.ts';
import { startBendingProxy } from './bending-proxy.ts';
import { probeRows } from './row-probes.ts';
import { checkScoping } from './scoping.ts';
import { startChance } from './random.ts';
import { openSite, type Site } from './site.ts';

async function breakIt({ urls }: Site, { sql, replace }: BehaviourMutation): Promise<void> {
  await administer(urls.adminUrl, async (client) => {
    if (replace !== undefined) await client.query(await bentFunction(client, replace));
    if (sql !== undefined) await client.query(`begin; ${sql}; commit`);
  });
}

async function bentFunction(
  client: pg.Client,
  { of, texts }: NonNullable<BehaviourMutation['replace']>,
): Promise<string> {
  const { rows } = await client.query<{ text: string }>('select pg_get_functiondef($1::regproc) as text', [of]);
  let text = rows[0]?.text ?? '';
  for (const [from, to] of texts) {
    if (!text.includes(from)) throw new Error(`${of} does not say ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

for (const mutation of behaviourMutations) {
  test(`the attacks notice when ${mutation.name}`, async (t) => {
    const site = await openSite(t);
    await breakIt(site, mutation);
    const findings = await mutation.probe(site, (object) => object === mutation.object.split('/')[0]);
    const noticed = findings.some(({ check, object }) => check === mutation.check && object === mutation.object);
    t.ok(noticed, `noticed ${JSON.stringify(findings)}`);
  });
}

test('the attacks notice when the application is a superuser', async (t) => {
  const site = await openSite(t);
  const noticed = await probeRows(
    { ...site, urls: { ...site.urls, appUrl: site.urls.adminUrl } },
    (name) => name === 'view.stories',
  );
  t.ok(noticed.some(({ check, detail }) => check === 'row-read' && detail.startsWith('loopledger_app')));
});

const setting = `set_config('app.tenant_id', $1, true)`;

test('the readers notice when the tenant is never set', async (t) => {
  const site = await openSite(t);
  const proxy = await startBendingProxy(t, site.urls.appUrl, setting, setting.replace('tenant_id', 'tenant_ix'));
  const { findings } = await checkScoping(site, proxy.url, startChance(), 50);
  t.ok(proxy.count() > 0, 'the text came by');
  t.ok(
    findings.some(({ check }) => check === 'blind'),
    JSON.stringify(findings),
  );
});

test('the readers notice when the tenant stays on the connection', async (t) => {
  const site = await openSite(t);
  const proxy = await startBendingProxy(t, site.urls.appUrl, setting, setting.replace('true', `'f' `));
  const { findings } = await checkScoping(site, proxy.url, startChance(), 50);
  t.ok(proxy.count() > 0, 'the text came by');
  t.ok(
    findings.some(({ check }) => check === 'bleed'),
    JSON.stringify(findings),
  );
});
