import { test } from 'tap';
import { checkBehaviour } from '../hardening/behaviour.ts';
import { startChance } from '../hardening/random.ts';
import { checkScoping } from '../hardening/scoping.ts';
import { openSite } from '../hardening/site.ts';

test('no attack on rows, sessions or the commit reaches another tenant', async (t) => {
  t.same(await checkBehaviour(await openSite(t)), []);
});

test('a connection that all tenants share shows each its own rows a thousand times, whatever fails in between', async (t) => {
  const chance = startChance();
  t.comment(`seed ${chance.seed}`);
  const site = await openSite(t);
  const { findings, reused, failed } = await checkScoping(site, site.urls.appUrl, chance);
  t.same(findings, []);
  t.ok(reused > 250, `the connection changed hands ${reused} times`);
  t.ok(failed > 80, `${failed} statements failed`);
});
