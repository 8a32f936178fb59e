import { test } from 'tap';
import { copyCredential, plugIn, signIn, signUp, startSite, unplug, withoutChromium } from '../support/browser.ts';

const asked = { skip: withoutChromium };

test('a person signs up with two passkeys, keeps the key, and signs in', asked, async (t) => {
  const { person, say } = await startSite(t);
  const { page, faults } = await person();
  const laptop = await plugIn(page);
  await page.goto('/');
  await page.getByRole('link', { name: 'Sign up' }).click();
  await page.getByLabel('Name of the tenant').fill('Meridian Wörks & Co');
  t.equal(await page.getByLabel('Slug').inputValue(), 'meridian-works-co');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@meridian.example');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByText('Add a second one if you can').waitFor();
  await unplug(laptop);
  await plugIn(page, { transport: 'usb' });
  await page.getByRole('button', { name: 'Add another passkey' }).click();
  await page.getByRole('list', { name: 'Authenticators so far' }).getByText('Security key').waitFor();
  await page.getByRole('button', { name: /^Found / }).click();
  const secret = await page.getByLabel('the API key', { exact: true }).innerText();
  await page.getByRole('button', { name: 'Copy the API key' }).click();
  await page.getByText('Copied').first().waitFor();
  t.equal(await page.evaluate('navigator.clipboard.readText()'), secret);
  t.match((await say('GET', '/api/v1/whoami', { key: secret })).body, { role: 'user' });
  await page.getByRole('button', { name: 'I have stored it, sign me in' }).click();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  const listed = page.getByRole('table', { name: 'Authenticators' }).getByRole('rowheader');
  await listed.first().waitFor();
  t.same(await listed.allInnerTexts(), ['This device', 'Security key']);
  t.notMatch(await page.content(), secret);
  t.same(faults, []);
});

test('a wrong authenticator is told what to do, and nobody is signed in', asked, async (t) => {
  const { person } = await startSite(t);
  const [ada, eve] = [await person(), await person()];
  const device = await plugIn(ada.page);
  await signUp(ada.page, 'wrong');
  const stranger = await plugIn(eve.page);
  await eve.page.goto('/login');
  const enter = () => eve.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await enter();
  await eve.page.getByRole('alert').getByText('Nothing was confirmed').waitFor();
  // The credential is one for this server, but the server does not know it.
  await copyCredential(device, stranger);
  const [credential] = (await stranger.cdp.send('WebAuthn.getCredentials', { authenticatorId: stranger.id }))
    .credentials;
  await stranger.cdp.send('WebAuthn.clearCredentials', { authenticatorId: stranger.id });
  const unknown = { ...credential!, credentialId: Buffer.from('somebody else').toString('base64') };
  await stranger.cdp.send('WebAuthn.addCredential', { authenticatorId: stranger.id, credential: unknown });
  await enter();
  await eve.page.getByRole('alert').getByText('did not accept this authenticator').waitFor();
  t.same(await eve.context.cookies(), []);
  t.same([...ada.faults, ...eve.faults], []);
});

test('without user verification nobody signs in, whatever the page asks for', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, context } = await person();
  const device = await plugIn(page);
  await signUp(page, 'unverified');
  await device.cdp.send('WebAuthn.setUserVerified', { authenticatorId: device.id, isUserVerified: false });
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').getByText('Nothing was confirmed').waitFor();
  await page.route('**/api/v1/login/options', async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replace('"required"', '"discouraged"');
    await route.fulfill({ response: answer, body: text });
  });
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').getByText('did not accept this authenticator').waitFor();
  t.same(await context.cookies(), []);
});

test('a copy of an authenticator whose counter stayed behind is refused', asked, async (t) => {
  const { person } = await startSite(t);
  const [ada, eve] = [await person(), await person()];
  const device = await plugIn(ada.page);
  await signUp(ada.page, 'cloned');
  await signIn(ada.page);
  const copy = await plugIn(eve.page);
  await copyCredential(device, copy, { signCount: 1 });
  await eve.page.goto('/login');
  await eve.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await eve.page.getByRole('alert').getByText('a copy of another one').waitFor();
  t.same(await eve.context.cookies(), []);
});

test('two tabs sign in by ceremonies of their own, and one that signs out ends both', asked, async (t) => {
  const { person } = await startSite(t);
  const { page: first, context } = await person();
  const device = await plugIn(first);
  await signUp(first, 'tabs');
  await first.goto('/login');
  const second = await context.newPage();
  const copy = await plugIn(second);
  await copyCredential(device, copy);
  await second.goto('/login');
  await signIn(first);
  await copy.cdp.send('WebAuthn.clearCredentials', { authenticatorId: copy.id });
  await copyCredential(device, copy);
  await signIn(second);
  await second.getByRole('button', { name: 'Sign out', exact: true }).click();
  await second.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  await first.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  t.equal(new URL(first.url()).pathname, '/login');
  t.same(await context.cookies(), []);
});

test('an answer that was heard on the wire signs nobody in a second time', asked, async (t) => {
  const { person, say, origin } = await startSite(t);
  const { page } = await person();
  await plugIn(page);
  await signUp(page, 'replay');
  const heard = page.waitForRequest('**/api/v1/login');
  await signIn(page);
  const body: unknown = (await heard).postDataJSON();
  const again = await say('POST', '/api/v1/login', { body, headers: { origin } });
  t.match(again.body, { status: 400, code: 'ceremony_failed' });
  t.equal(again.headers.get('set-cookie'), null);
});

test('a long name of a tenant leaves every page as wide as a telephone', asked, async (t) => {
  const { person } = await startSite(t);
  const { page, faults } = await person();
  const width = async (): Promise<unknown> => page.evaluate('document.documentElement.scrollWidth');
  await page.setViewportSize({ width: 390, height: 844 });
  await plugIn(page);
  await page.goto('/signup');
  await page.getByLabel('Name of the tenant').fill(`Meridian Works & Sons, ${'makers of chronometers '.repeat(6)}Ltd`);
  await page.getByLabel('Slug').fill('long');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@meridian.example');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  const found = page.getByRole('button', { name: /^Found / });
  await found.waitFor();
  t.equal(await width(), 390, 'signing up');
  await found.click();
  await page.getByLabel('the API key', { exact: true }).waitFor();
  t.equal(await width(), 390, 'the first key');
  await signIn(page);
  await page.getByRole('table', { name: 'Authenticators' }).getByRole('rowheader').first().waitFor();
  t.equal(await width(), 390, 'the settings');
  await page.goto('/docs');
  t.equal(await width(), 390, 'the reference');
  t.same(faults, []);
});
