// What docs/screenshots has of the pages that follow the log.
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Site } from './browser.ts';
import { administer } from './database.ts';
import { answer, startReceiver } from './receiver.ts';

export const folder = path.resolve(import.meta.dirname, '../../docs/screenshots');

export async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  // A page that follows the log is never idle.
  await page.waitForLoadState(name.startsWith('changes') ? 'load' : 'networkidle');
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage, animations: 'disabled' });
  process.stdout.write(`docs/screenshots/${name}.png\n`);
}

export async function shootChanges(page: Page, work: () => Promise<void>): Promise<void> {
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

export async function doWork(say: Site['say'], key: string): Promise<void> {
  const made = await say('POST', '/api/v1/projects', { key, body: { name: 'Orbit', slug: 'orbit' } });
  const path = `/api/v1/projects/${made.body.id}`;
  const epic = await say('POST', `${path}/epics`, { key, body: { title: 'Sign in' } });
  for (const title of ['Ask for a passkey', 'Say what failed', 'Sign out everywhere'])
    await say('POST', `/api/v1/epics/${epic.body.id}/stories`, { key, body: { title } });
  await say('PATCH', path, { key, body: { name: 'Orbit One' } });
}

/** Addresses as they would be, and not those of the receiver. */
async function nameReceiver(page: Page, port: number): Promise<void> {
  await page.evaluate(`
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      text.data = text.data.replaceAll('http://127.0.0.1:${port}', 'https://hooks.meridian.example');
    }
  `);
}

export async function shootWebhooks(site: Site, page: Page, key: string): Promise<void> {
  const receiver = await startReceiver({ teardown: () => undefined }, (request, response, count) => {
    const isDown = request.url?.startsWith('/billing');
    const headers = { 'content-type': 'text/plain' };
    answer(isDown ? 503 : 200, headers, isDown ? 'upstream is away' : 'thanks')(request, response, count);
  });
  const hook = async (place: string, event_types: readonly string[], description = ''): Promise<string> => {
    const body = { url: receiver.url + place, event_types, description };
    return (await site.say('POST', '/api/v1/webhooks', { key, body })).body.id;
  };
  const look = async (name: string, fullPage = false): Promise<void> => {
    await nameReceiver(page, receiver.port);
    if (fullPage) await page.evaluate('scrollTo(0, 0)');
    await shoot(page, name, fullPage);
  };
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto('/webhooks');
  await look('webhooks-empty');
  await page.getByRole('button', { name: 'Create a webhook' }).click();
  await page.getByLabel('Address').fill('https://hooks.meridian.example/board');
  await page.getByLabel('Events', { exact: true }).selectOption('story.*');
  await look('webhooks-create');
  await page.keyboard.press('Escape');
  const one = await hook('/board', ['project.*', 'epic.*'], 'The board in the office');
  const down = await hook('/billing', ['*']);
  const off = await hook('/old', ['story.verified']);
  await site.say('POST', `/api/v1/webhooks/${off}/disable`, { key });
  const body = { name: 'Delta', slug: 'delta' };
  const { id } = (await site.say('POST', '/api/v1/projects', { key, body })).body;
  for (let at = 1; at <= 12; at += 1)
    await site.say('PATCH', `/api/v1/projects/${id}`, { key, body: { name: `Delta ${at}` } });
  await page.goto('/webhooks');
  await page.getByText('breaker open').waitFor();
  await page.getByText('100 % of 13 taken').waitFor();
  await look('webhooks');
  await page.goto(`/webhooks?webhook=${one}`);
  await page.getByRole('button', { name: /^project.created at / }).click();
  await page.getByText('Attempt 1').waitFor();
  await look('webhooks-delivery', true);
  await page.getByRole('button', { name: 'Send a test …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send a test' }).click();
  await page.getByRole('dialog').getByRole('group', { name: 'Answer' }).waitFor();
  await look('webhooks-test');
  await page.goto(`/webhooks?webhook=${down}`);
  await page.getByRole('button', { name: /^project.created at / }).click();
  await page.getByText('Attempt 1').waitFor();
  await look('webhooks-failing');
  await administer(site.urls.adminUrl, (client) =>
    client
      .query(`update platform.webhook_deliveries set status = 'failed' where webhook_id = $1`, [down])
      .then(() => undefined),
  );
  await page.getByRole('button', { name: 'Send again …' }).click();
  await page.getByText('deliveries will be sent again').waitFor();
  await look('webhooks-recover');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/webhooks');
  await page.getByText(/^100 % of/).waitFor();
  await look('webhooks-narrow');
  await page.goto(`/webhooks?webhook=${one}`);
  await page.getByRole('button', { name: /^project.created at / }).click();
  await page.getByText('Attempt 1').waitFor();
  await look('webhooks-delivery-narrow', true);
}
