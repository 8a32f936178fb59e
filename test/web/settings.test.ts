import type { Page } from 'playwright-core';
import { test } from 'tap';
import { plugIn, signIn, signUp, startSite, withoutChromium } from '../support/browser.ts';
import { halt } from '../support/halt.ts';

const asked = { skip: withoutChromium };

async function confirm(page: Page, verb: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: verb, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** The secret in the dialog that shows it once. */
async function takeSecret(page: Page, name: string): Promise<string> {
  const secret = await page.getByRole('dialog').getByLabel(name, { exact: true }).innerText();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'I have stored it' }).click();
  return secret;
}

test('keys are created, rotated and revoked, and each secret is shown once', asked, async (t) => {
  const { person, say } = await startSite(t);
  const { page, faults } = await person();
  await plugIn(page);
  await signUp(page, 'keys');
  await signIn(page);
  await page.getByRole('button', { name: 'Create a key' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('builder');
  await page.getByLabel('Role').selectOption('agent');
  await page.getByLabel('Name of the new agent').fill('mason');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const first = await takeSecret(page, 'the API key');
  t.match((await say('GET', '/api/v1/whoami', { key: first })).body, { role: 'agent', agent: { name: 'mason' } });
  t.notMatch(await page.content(), first);
  await page.getByRole('button', { name: 'Rotate the key builder' }).click();
  await page.getByLabel('The former secret works on for').selectOption('0');
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const second = await takeSecret(page, 'the API key');
  t.equal((await say('GET', '/api/v1/whoami', { key: first })).status, 401);
  t.equal((await say('GET', '/api/v1/whoami', { key: second })).status, 200);
  await page.getByRole('button', { name: 'Revoke the key builder' }).click();
  await confirm(page, 'Revoke');
  await page.getByRole('button', { name: 'Revoke the key builder' }).waitFor({ state: 'detached' });
  t.equal((await say('GET', '/api/v1/whoami', { key: second })).status, 401);
  await page.getByRole('button', { name: 'Show ended keys' }).click();
  await page.getByRole('row', { name: /builder .* revoked/ }).waitFor();
  t.match(page.url(), /[?&]keys=all/, 'the choice is in the address');
  t.same(faults, []);
});

test('a root is minted with a touch, works, and is revoked with all that came from it', asked, async (t) => {
  const { person, say } = await startSite(t);
  const { page, faults } = await person();
  await plugIn(page);
  await signUp(page, 'roots');
  await signIn(page);
  await page.getByText('No root is in force').waitFor();
  await page.getByRole('button', { name: 'Mint a root' }).click();
  await page.getByLabel('Name of the new agent').fill('planner');
  await page.getByRole('button', { name: 'Mint', exact: true }).click();
  const secret = await takeSecret(page, 'the key of the dispatch');
  t.match(secret, /^ll_eph_/);
  t.match((await say('GET', '/api/v1/whoami', { key: secret })).body, { role: 'orchestrator' });
  await page.getByRole('button', { name: 'Revoke the root of planner' }).click();
  await confirm(page, 'Revoke');
  await page.getByText('No root is in force').waitFor();
  t.equal((await say('GET', '/api/v1/whoami', { key: secret })).status, 401);
  t.same(faults, []);
});

test('authenticators and signing keys change with a touch, and the last authenticator stays', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, faults } = await person();
  await plugIn(page);
  await signUp(page, 'trust');
  await signIn(page);
  await page.getByRole('button', { name: 'Revoke the authenticator This device' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByRole('alert').getByText('Enrol another authenticator first').waitFor();
  await page.keyboard.press('Escape');
  await plugIn(page, { transport: 'usb' });
  await page.getByRole('button', { name: 'Add an authenticator' }).click();
  await confirm(page, 'Create a passkey');
  await page.getByRole('button', { name: 'Revoke the authenticator Security key' }).click();
  await confirm(page, 'Revoke');
  await page.getByRole('row', { name: /Security key/ }).waitFor({ state: 'detached' });
  const keys = page.getByRole('table', { name: 'Signing keys' }).getByRole('row');
  t.equal(await keys.count(), 4);
  await page.getByRole('button', { name: 'Rotate the log key' }).click();
  await confirm(page, 'Rotate');
  await keys.nth(4).waitFor();
  t.equal(await keys.filter({ hasText: 'retired' }).count(), 1);
  t.same(faults, []);
});

test('a halt is shown with its evidence, and lifted with a touch', asked, async (t) => {
  const { person, say, ledger } = await startSite(t);
  const { page, faults } = await person();
  await plugIn(page);
  const key = await signUp(page, 'halted');
  const { body } = await say('GET', '/api/v1/tenant', { key });
  await halt(ledger, body.id);
  await signIn(page);
  await page.getByText('chain_broken').waitFor();
  await page.getByRole('button', { name: /^Lift the halt/ }).click();
  await confirm(page, 'Lift the halt');
  await page.getByText('No evidence against the log').waitFor();
  t.match((await say('GET', '/api/v1/halt', { key })).body, { halted: false });
  t.same(faults, []);
});

test(
  'without a session a page leads to sign in and back, and a failing section leaves the others',
  asked,
  async (t) => {
    const { person } = await startSite(t);
    const { page, faults } = await person();
    await plugIn(page);
    await signUp(page, 'way-back');
    await page.goto('/settings?keys=all');
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.route('**/api/v1/signing-keys*', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    t.match(page.url(), /\/settings\?keys=all$/);
    const section = page.getByRole('region', { name: 'Signing keys' });
    await section.getByText('The server did not answer').waitFor();
    await page.getByRole('button', { name: 'Revoke the authenticator This device' }).waitFor();
    await page.unroute('**/api/v1/signing-keys*');
    await section.getByRole('button', { name: 'Try again' }).click();
    await section.getByRole('button', { name: 'Rotate the log key' }).waitFor();
    t.same(faults, []);
  },
);

test('a session that was ended elsewhere leads to sign in', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, context } = await person();
  await plugIn(page);
  await signUp(page, 'ended');
  await signIn(page);
  await context.clearCookies();
  await page.getByRole('button', { name: 'Create a key' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('late');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('alert').getByText('Your session is over').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  t.equal(new URL(page.url()).searchParams.get('next'), '/settings');
});
