// Pictures of the pages in their states, for docs/screenshots: `npm run screenshots`.
import { mkdir } from 'node:fs/promises';
import { plugIn, signIn, signUp, startSite } from './support/browser.ts';
import type { Teardown } from './support/database.ts';
import { shootSettings, shootSigningIn, shootSigningUp } from './support/entrance-pictures.ts';
import { halt } from './support/halt.ts';
import { doWork, folder, shoot, shootChanges, shootWebhooks } from './support/pictures.ts';
import { clusterVariable, startTestCluster } from './support/postgres.ts';
import { startTestWorkers } from './support/workers.ts';

async function shootAll(closing: Teardown): Promise<void> {
  const site = await startSite(closing, { webhookAllowPrivate: true, webhookTestWaitMs: 5_000 });
  startTestWorkers(closing, site.urls);
  const { person, say, ledger } = site;
  await shootSigningUp(site);
  await shootSigningIn(site);
  const { page } = await person();
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto('/signup');
  await page.getByLabel('Name of the tenant').fill('Meridian Works');
  await shoot(page, 'signup');
  await plugIn(page);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').waitFor();
  await shoot(page, 'login-error');
  await page.reload();
  await shoot(page, 'login');
  const key = await signUp(page, 'meridian');
  await page.evaluate(`document.querySelector('.secret code').textContent = 'll_live_${'0'.repeat(38)}'`);
  await shoot(page, 'signup-done');
  await signIn(page);
  await shoot(page, 'settings-empty', true);
  const agent = await say('POST', '/api/v1/agents', { key, body: { name: 'planner' } });
  for (const role of ['orchestrator', 'agent'])
    await say('POST', '/api/v1/keys', { key, body: { name: `planner ${role}`, role, agent_id: agent.body.id } });
  await page.reload();
  await page.getByRole('button', { name: 'Mint a root' }).click();
  await page.getByLabel('Agent', { exact: true }).selectOption('new');
  await page.getByLabel('Name of the new agent').fill('lead');
  await shoot(page, 'settings-mint');
  await page.getByRole('button', { name: 'Mint', exact: true }).click();
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await page.reload();
  await page.evaluate('scrollTo(0, 0)');
  await shoot(page, 'settings');
  await shootSettings(page);
  await page.setViewportSize({ width: 1280, height: 720 });
  await halt(ledger, (await say('GET', '/api/v1/tenant', { key })).body.id);
  await page.reload();
  await shoot(page, 'settings-halted');
  await page.setViewportSize({ width: 390, height: 800 });
  await shoot(page, 'settings-narrow');
  await shootChanges(page, () => doWork(say, key));
  await shootWebhooks(site, page, key);
}

await mkdir(folder, { recursive: true });
const { cluster, server, discard } = await startTestCluster();
process.env[clusterVariable] = JSON.stringify(cluster);
const steps: (() => unknown)[] = [];
try {
  await shootAll({ teardown: (step) => void steps.unshift(step) });
} finally {
  for (const step of steps) await step();
  await server.stop();
  discard();
}
