// What docs/screenshots has of signing up, signing in and the settings while something is on its way, failed, or is asked.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { plugIn, type Site } from './browser.ts';
import { folder } from './pictures.ts';

const wide = { width: 1280, height: 720 };
const narrow = { width: 390, height: 844 };
const shownSecret = `document.querySelector('.secret code').textContent = 'll_live_${'0'.repeat(38)}'`;

/** Of what is there: a page that waits for an answer is never idle. */
async function shootNow(page: Page, name: string, fullPage = false): Promise<void> {
  await page.evaluate('document.fonts.ready.then(() => null)');
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage, animations: 'disabled' });
  process.stdout.write(`docs/screenshots/${name}.png\n`);
}

export async function shootSigningUp({ person }: Site): Promise<void> {
  const { page, context } = await person();
  await page.setViewportSize(wide);
  await page.goto('/signup');
  await page.getByLabel('Name of the tenant').fill('Meridian Works');
  await page.getByLabel('Slug').fill('meridian-works');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@meridian.example');
  await page.route('**/api/v1/signup/options', (route) => route.abort());
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
  await shootNow(page, 'signup-failed');
  await page.unroute('**/api/v1/signup/options');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Create a passkey' }).waitFor();
  await shootNow(page, 'signup-authenticators');
  await plugIn(page);
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByText('Add a second one').waitFor();
  await shootNow(page, 'signup-second');
  await page.setViewportSize(narrow);
  await shootNow(page, 'signup-narrow', true);
  await context.close();
}

export async function shootSigningIn({ person }: Site): Promise<void> {
  const { page, context } = await person();
  await page.setViewportSize(wide);
  await page.goto('/login');
  await page.route('**/api/v1/login/options', () => undefined);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('button', { name: /^Waiting for your authenticator/ }).waitFor();
  await shootNow(page, 'login-waiting');
  await page.unroute('**/api/v1/login/options');
  await page.route('**/api/v1/login/options', (route) => route.abort());
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').waitFor();
  await shootNow(page, 'login-failed');
  await page.setViewportSize(narrow);
  await shootNow(page, 'login-narrow', true);
  await context.close();
}

const answers = /\/api\/v1\/(?!session)/;

/** On a page of somebody who is signed in. */
export async function shootSettings(page: Page): Promise<void> {
  await page.setViewportSize(wide);
  await page.route(answers, () => undefined);
  await page.goto('/settings');
  await page.getByRole('status').first().waitFor();
  await shootNow(page, 'settings-loading');
  await page.unroute(answers);
  await page.route(answers, (route) => route.abort());
  await page.goto('/settings');
  await page.getByText('The server did not answer').first().waitFor();
  await shootNow(page, 'settings-failed');
  await page.unroute(answers);
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Create a key' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('builder');
  await page.getByLabel('Role').selectOption('agent');
  await page.getByLabel('Agent', { exact: true }).selectOption('new');
  await page.getByLabel('Name of the new agent').fill('mason');
  await shootNow(page, 'settings-new-key');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('dialog').getByLabel('the API key', { exact: true }).waitFor();
  await page.evaluate(shownSecret);
  await shootNow(page, 'settings-secret');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'I have stored it' }).click();
  await page.getByRole('button', { name: 'Revoke the key builder' }).click();
  await page.getByRole('dialog').waitFor();
  await shootNow(page, 'settings-revoke');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Rotate the log key' }).click();
  await page.getByRole('dialog').waitFor();
  await shootNow(page, 'settings-rotate');
  await page.keyboard.press('Escape');
}
