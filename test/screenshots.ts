// Pictures of the pages in their states, for docs/screenshots: `npm run screenshots`.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { plugIn, signIn, signUp, startSite } from './support/browser.ts';
import type { Teardown } from './support/database.ts';
import { halt } from './support/halt.ts';
import { clusterVariable, startTestCluster } from './support/postgres.ts';
import type { TestServer } from './support/server.ts';

const folder = path.resolve(import.meta.dirname, '../docs/screenshots');

async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  // A page that follows the log is never idle.
  await page.waitForLoadState(name.startsWith('changes') ? 'load' : 'networkidle');
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage, animations: 'disabled' });
  process.stdout.write(`docs/screenshots/${name}.png\n`);
}

async function shootAll(closing: Teardown): Promise<void> {
  const { person, say, ledger } = await startSite(closing);
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
  await halt(ledger, (await say('GET', '/api/v1/tenant', { key })).body.id);
  await page.reload();
  await shoot(page, 'settings-halted');
  await page.setViewportSize({ width: 390, height: 800 });
  await shoot(page, 'settings-narrow');
  await shootChanges(page, () => doWork(say, key));
}

async function shootChanges(page: Page, work: () => Promise<void>): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto('/changes?types=story.*');
  const live = page.locator('.follow-bar .badge', { hasText: 'live' });
  await live.waitFor();
  await shoot(page, 'changes-empty');
  await page.goto('/changes?from=start');
  await live.waitFor();
  await work();
  await page.getByRole('button', { name: /^project.changed at / }).waitFor();
  await page.getByRole('cell', { name: 'Orbit One' }).first().waitFor();
  await shoot(page, 'changes');
  await page.getByRole('button', { name: /^project.created at / }).click();
  await shoot(page, 'changes-event');
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot(page, 'changes-event-narrow', true);
  await page.goto('/changes?from=start');
  await live.waitFor();
  await shoot(page, 'changes-narrow');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.routeWebSocket('**/api/v1/stream', (socket) => socket.close({ code: 1011 }));
  await page.goto('/changes?from=start&types=key.*');
  await page.locator('.follow-bar .badge', { hasText: 'by long poll' }).waitFor();
  await shoot(page, 'changes-poll');
}

async function doWork(say: TestServer['say'], key: string): Promise<void> {
  const made = await say('POST', '/api/v1/projects', { key, body: { name: 'Orbit', slug: 'orbit' } });
  const path = `/api/v1/projects/${made.body.id}`;
  const epic = await say('POST', `${path}/epics`, { key, body: { title: 'Sign in' } });
  for (const title of ['Ask for a passkey', 'Say what failed', 'Sign out everywhere'])
    await say('POST', `/api/v1/epics/${epic.body.id}/stories`, { key, body: { title } });
  await say('PATCH', path, { key, body: { name: 'Orbit One' } });
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
