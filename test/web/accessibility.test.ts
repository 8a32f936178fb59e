import type { Page } from 'playwright-core';
import { test } from 'tap';
import { findBarriers } from '../support/accessibility.ts';
import { plugIn, signIn, signUp, startSite, withoutChromium } from '../support/browser.ts';
import { halt } from '../support/halt.ts';

const asked = { skip: withoutChromium };

test('axe finds a planted barrier', asked, async (t) => {
  const { person } = await startSite(t);
  const { page } = await person();
  await page.goto('/login');
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  await page.evaluate(`document.querySelector('h1').style.color = '#333'`);
  t.match(await findBarriers(page), [/^color-contrast: <h1/]);
});

test('the pages before a session have no barriers: empty, filled and failed', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, faults } = await person();
  const clean = async (what: string) => t.same(await findBarriers(page), [], what);
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  await clean('login');
  await page.route('**/api/v1/login/options', (route) => route.abort());
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').waitFor();
  await clean('login, failed');
  await page.goto('/signup');
  await page.getByLabel('Name of the tenant').waitFor();
  await clean('signup, empty');
  await plugIn(page);
  await page.getByLabel('Name of the tenant').fill('Meridian');
  await page.getByLabel('Slug').fill('meridian');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@meridian.example');
  await page.route('**/api/v1/signup/options', (route) => route.abort());
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
  await clean('signup, failed');
  await page.unroute('**/api/v1/signup/options');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByText('Add a second one').waitFor();
  await clean('signup, authenticators');
  await page.getByRole('button', { name: /^Found / }).click();
  await page.getByLabel('the API key', { exact: true }).waitFor();
  await clean('signup, done');
  t.same(faults, []);
});

async function openSettings(page: Page): Promise<void> {
  await page.goto('/settings?keys=all&authenticators=all&roots=all');
  await page.getByText('Session id').waitFor();
  await page.waitForLoadState('networkidle');
}

test('the settings have no barriers: empty, loaded, halted, failed and in dialogs', asked, async (t) => {
  const { person, say, ledger } = await startSite(t);
  const { page, faults } = await person();
  const clean = async (what: string) => t.same(await findBarriers(page), [], what);
  await plugIn(page);
  const key = await signUp(page, 'barriers');
  await signIn(page);
  await openSettings(page);
  await clean('settings, empty');
  for (const [button, title] of [
    ['Create a key', 'Create an API key'],
    ['Mint a root', 'Mint a root'],
    ['Add an authenticator', 'Add an authenticator'],
    ['Rotate the log key', 'Rotate the key for log?'],
  ] as const) {
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog', { name: title }).waitFor();
    await clean(title);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  const agent = await say('POST', '/api/v1/agents', { key, body: { name: 'planner' } });
  await say('POST', '/api/v1/keys', { key, body: { name: 'planner', role: 'agent', agent_id: agent.body.id } });
  const tenant = await say('GET', '/api/v1/tenant', { key });
  await halt(ledger, tenant.body.id);
  await openSettings(page);
  await clean('settings, loaded and halted');
  await page.setViewportSize({ width: 390, height: 800 });
  await clean('settings, narrow');
  await page.route(/\/api\/v1\/(?!session)/, (route) => route.abort());
  await openSettings(page);
  await page.getByText('The server did not answer').first().waitFor();
  await clean('settings, failed');
  t.same(faults, []);
});

test('sign in and the settings work by keyboard alone', asked, async (t) => {
  const { person } = await startSite(t);
  const { page } = await person();
  await plugIn(page);
  await signUp(page, 'keyboard');
  await page.goto('/login');
  const enter = page.getByRole('button', { name: 'Sign in with a passkey' });
  await enter.waitFor();
  await reach(page, 'Sign in with a passkey');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Create a key' }).waitFor();
  await reach(page, 'Create a key');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.equal(await focused(page), 'Create a key', 'the focus is back where it was');
});

async function reach(page: Page, text: string): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    if ((await focused(page)) === text) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way to “${text}” by the tab key`);
}

function focused(page: Page): Promise<string> {
  return page.evaluate(`document.activeElement.textContent`);
}
