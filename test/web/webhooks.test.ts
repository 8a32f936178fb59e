import type { Page } from 'playwright-core';
import { Webhook } from 'standardwebhooks';
import { type Test, test } from 'tap';
import { verifyWebhook } from '../../clients/typescript/index.ts';
import { findBarriers } from '../support/accessibility.ts';
import { enter, startSite, withoutChromium } from '../support/browser.ts';
import { administer } from '../support/database.ts';
import { answer, startReceiver } from '../support/receiver.ts';
import { startTestWorkers, until } from '../support/workers.ts';

const asked = { skip: withoutChromium };

async function start(t: Test, slug: string) {
  const site = await startSite(t, { webhookAllowPrivate: true, webhookTestWaitMs: 5_000 });
  startTestWorkers(t, site.urls);
  const receiver = await startReceiver(t);
  const person = await site.person();
  const { page, faults } = person;
  const key = await enter(site, person, slug);
  const project = (name: string) => site.say('POST', '/api/v1/projects', { key, body: { name, slug: name } });
  const hook = async (path = '/in'): Promise<string> => {
    const body = { url: receiver.url + path, event_types: ['project.*'] };
    return (await site.say('POST', '/api/v1/webhooks', { key, body })).body.id;
  };
  const clean = async (what: string) => t.same(await findBarriers(page), [], what);
  return { ...site, page, faults, key, receiver, project, hook, clean };
}

async function confirm(page: Page, open: string, verb: string): Promise<void> {
  await page.getByRole('button', { name: open }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: verb, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

async function takeSecret(page: Page, name = 'the secret'): Promise<string> {
  const dialog = page.getByRole('dialog');
  const secret = await dialog.getByLabel(name, { exact: true }).innerText();
  await dialog.getByRole('button', { name: `Copy ${name}` }).click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  await dialog.getByRole('button', { name: 'I have stored it' }).click();
  return secret;
}

function badge(page: Page, word: string) {
  return page.locator('.badge', { hasText: word }).first();
}

test('a webhook is created with its secret shown once, tested, and its deliveries are told', asked, async (t) => {
  const { page, faults, receiver, project, clean } = await start(t, 'hooks');
  await page.goto('/webhooks');
  await page.getByText('Nothing is sent anywhere yet').waitFor();
  await clean('webhooks, empty');
  await page.getByRole('button', { name: 'Create a webhook' }).click();
  await page.getByLabel('Address').fill(`${receiver.url}/in`);
  await page.getByLabel('Events', { exact: true }).selectOption('project.*');
  await page.getByLabel('Description').fill('Ours');
  await clean('webhooks, the form');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const secret = await takeSecret(page);
  t.equal(await page.evaluate('navigator.clipboard.readText()'), secret);
  t.notMatch(await page.content(), secret);
  await page.getByRole('link', { name: `${receiver.url}/in` }).click();
  await page.getByRole('button', { name: 'Send a test …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send a test', exact: true }).click();
  await page.getByRole('dialog').getByRole('group', { name: 'Request' }).getByText('webhook-signature: v1,').waitFor();
  await page.getByRole('dialog').getByRole('group', { name: 'Answer' }).getByText('204').waitFor();
  await clean('webhooks, a test');
  await page.getByRole('button', { name: 'Close' }).click();
  const [tried] = receiver.received;
  t.ok(tried);
  t.match(new Webhook(secret).verify(tried?.body ?? '', tried?.headers as Record<string, string>), {
    type: 'webhook.test',
  });
  await project('orbit');
  await until('it is here', () => receiver.received.length === 2);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('button', { name: /^project.created at / }).click();
  const attempts = page.getByRole('region', { name: 'Attempts' });
  await attempts.getByText('Attempt 1').waitFor();
  await attempts.getByText('It was taken').waitFor();
  await clean('webhooks, a delivery');
  t.match(page.url(), /delivery=/, 'the delivery is in the address');
  await page.setViewportSize({ width: 390, height: 844 });
  await clean('webhooks, narrow');
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'nothing sticks out');
  t.same(faults, []);
});

test('a delivery that failed shows why, and is sent again alone', asked, async (t) => {
  const { page, faults, receiver, project, hook, clean } = await start(t, 'fails');
  receiver.behave(answer(503, { 'content-type': 'text/plain' }, 'not now'));
  const id = await hook();
  await project('one');
  await until('it was tried', () => receiver.received.length === 1);
  await page.goto(`/webhooks?webhook=${id}`);
  await page.getByRole('button', { name: /^project.created at / }).click();
  const attempts = page.getByRole('region', { name: 'Attempts' });
  await attempts.getByRole('group', { name: 'Answer' }).getByText('not now').waitFor();
  await attempts.getByText('http_5xx 503').waitFor();
  await clean('webhooks, a failure');
  receiver.behave(answer(204));
  await page.getByRole('button', { name: /^Send again: project.created/ }).click();
  await attempts.getByText('Attempt 2').waitFor();
  await page.getByRole('row', { name: /^project.created .* delivered / }).waitFor();
  const [first, second] = receiver.received;
  t.equal(first?.headers['webhook-id'], second?.headers['webhook-id']);
  await page.getByLabel('State').selectOption('failed');
  await page.getByText('No delivery matches.').waitFor();
  t.match(page.url(), /status=failed/);
  t.same(faults, []);
});

test('a webhook is disabled and enabled, and what was held is counted before it is sent', asked, async (t) => {
  const { page, faults, receiver, project, hook, clean } = await start(t, 'held');
  const id = await hook();
  await page.goto(`/webhooks?webhook=${id}`);
  await confirm(page, 'Disable …', 'Disable');
  await badge(page, 'disabled').waitFor();
  await page.getByText('Somebody of yours disabled it').waitFor();
  for (const name of ['one', 'two', 'three']) await project(name);
  await until('they are held', async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    return (await page.getByRole('row', { name: / held / }).count()) === 3;
  });
  await clean('webhooks, disabled');
  await confirm(page, 'Enable …', 'Enable');
  await badge(page, 'active').waitFor();
  await page.getByRole('button', { name: 'Send again …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('3 deliveries will be sent again').waitFor();
  await clean('webhooks, recover');
  t.equal(receiver.received.length, 0, 'counting sends nothing');
  await dialog.getByLabel('Made since').fill('2100-01-01T00:00');
  await dialog.getByText('None match').waitFor();
  await dialog.getByLabel('Made since').fill('');
  await dialog.getByLabel('held: while the webhook was disabled').uncheck();
  await dialog.getByText('None match').waitFor();
  await dialog.getByLabel('held: while the webhook was disabled').check();
  await dialog.getByRole('button', { name: 'Send 3 again' }).click();
  await dialog.getByText('3 deliveries are on the way').waitFor();
  await until('they are here', () => receiver.received.length === 3);
  t.same(faults, []);
});

test('a secret is rotated with an overlap, a webhook is edited and deleted', asked, async (t) => {
  const { page, faults, receiver, project, hook, key, say } = await start(t, 'rotates');
  const id = await hook();
  await page.goto(`/webhooks?webhook=${id}`);
  await page.getByRole('button', { name: 'Rotate …' }).click();
  await page.getByLabel('The former secret signs as well for').selectOption('604800');
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate', exact: true }).click();
  const secret = await takeSecret(page);
  await page.getByText('Two signatures until').waitFor();
  await project('orbit');
  await until('it is here', () => receiver.received.length === 1);
  const [received] = receiver.received;
  t.equal(String(received?.headers['webhook-signature']).split(' ').length, 2);
  t.ok(new Webhook(secret).verify(received?.body ?? '', received?.headers as Record<string, string>));
  await page.getByRole('button', { name: 'Edit …' }).click();
  await page.getByLabel('Address').fill('https://user:word@example.org/');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').getByText('It names a user or a password').waitFor();
  await page.getByLabel('Address').fill(`${receiver.url}/other`);
  await page.getByLabel('Order').selectOption('subject');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: `${receiver.url}/other` }).waitFor();
  t.match((await say('GET', `/api/v1/webhooks/${id}`, { key })).body, { ordering: 'subject', project_id: null });
  await confirm(page, 'Delete …', 'Delete');
  await page.getByText('Nothing is sent anywhere yet').waitFor();
  t.equal((await say('GET', `/api/v1/webhooks/${id}`, { key })).status, 404);
  await page.goto(`/webhooks?webhook=${id}`);
  await page.getByRole('alert').getByText('No such webhook').waitFor();
  t.same(faults, []);
});

test('a webhook signs with a private key, and shows the public one', asked, async (t) => {
  const { page, faults, receiver, project, hook } = await start(t, 'signs');
  await page.goto(`/webhooks?webhook=${await hook()}`);
  await page.getByRole('button', { name: 'Rotate …' }).click();
  await page.getByLabel('The former secret signs as well for').selectOption('0');
  await page.getByLabel('Signature').selectOption('v1a');
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate', exact: true }).click();
  await page.getByRole('heading', { name: 'The public key of the webhook' }).waitFor();
  const key = await takeSecret(page, 'the key');
  await project('orbit');
  await until('it is here', () => receiver.received.length === 1);
  const [received] = receiver.received;
  const { headers, body } = received as NonNullable<typeof received>;
  t.match(await verifyWebhook({ secrets: [key], headers, body }), { type: 'project.created' });
  t.match(headers['webhook-signature'], /^v1a,\S+$/);
  t.same(faults, []);
});

test('an open breaker and what the server disabled are told with their reasons', asked, async (t) => {
  const { page, faults, receiver, project, hook, urls, clean } = await start(t, 'breaks');
  receiver.behave(answer(500));
  const id = await hook();
  for (let at = 0; at < 12; at += 1) await project(`p-${at}`);
  await page.goto('/webhooks');
  await badge(page, 'breaker open').waitFor();
  await clean('webhooks, a breaker is open');
  await page.getByRole('link', { name: receiver.url }).click();
  await page.getByText(/^\d+ failures in a row. Nothing is sent until the probe at/).waitFor();
  receiver.behave(answer(410));
  await administer(urls.adminUrl, async (client) => {
    await client.query(`update platform.webhook_deliveries set due_at = now() where webhook_id = $1`, [id]);
    await client.query(`update platform.webhook_lanes set due_at = now(), closed_until = null, pause_s = 0`);
  });
  await until('it is disabled', async () => {
    await page.reload();
    await page.getByRole('button', { name: 'Refresh' }).waitFor();
    return (await page.getByText('It answered 410 Gone').count()) === 1;
  });
  await clean('webhooks, gone');
  t.same(faults, []);
});

test('what fails says so and can be tried again; the keyboard reaches every act', asked, async (t) => {
  const { page, hook, clean } = await start(t, 'keys');
  await hook();
  await page.route(/\/api\/v1\/webhooks/, (route) => route.abort());
  await page.goto('/webhooks');
  await page.getByText('The server did not answer').waitFor();
  await clean('webhooks, failed');
  await page.unroute(/\/api\/v1\/webhooks/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: '/in' }).waitFor();
  await reach(page, /\/in$/);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Send a test …' }).waitFor();
  for (const text of ['Send a test …', 'Send again …', 'Edit …', 'Rotate …', 'Disable …', 'Delete …']) {
    await reach(page, new RegExp(`^${text}$`));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    t.equal(await focused(page), text, 'the focus is back where it was');
  }
});

async function reach(page: Page, text: RegExp): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    if (text.test(await focused(page))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to ${String(text)} by the tab key`);
}

function focused(page: Page): Promise<string> {
  return page.evaluate('document.activeElement.textContent');
}
