// A real browser with authenticators that DevTools simulates, on a server of its own.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import type { ApiOptions } from '../../api/context.ts';
import { type Teardown, wholeFile } from './database.ts';
import { patienceMs } from './pace.ts';
import { newAuthenticator } from './person.ts';
import { startTestServer, type TestServer } from './server.ts';
import { cookieOf, finishSignup, login, openSignup } from './signing-in.ts';

const executable = process.env['LOOPLEDGER_CHROMIUM'] ?? '/usr/bin/chromium';

/** For `{skip}`: a build machine takes a skipped test for a failed one. */
export const withoutChromium = existsSync(executable) ? false : 'there is no /usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  // There is none where tests run, and its imitation takes a processor.
  '--disable-gpu',
  '--disable-sync',
  '--no-first-run',
];

export interface Device {
  readonly id: string;
  readonly cdp: CDPSession;
}

export interface Person {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to anywhere but the server, and what the browser complained about. */
  readonly faults: string[];
}

export interface Site extends TestServer {
  readonly origin: string;
  readonly browser: Browser;
  /** A browser profile of its own. */
  person(): Promise<Person>;
}

export async function startSite(t: Teardown, options: Partial<ApiOptions> = {}): Promise<Site> {
  // The port is known when the server listens.
  const origins: string[] = [];
  const server = await startTestServer(t, { ...options, origins });
  const origin = `http://localhost:${new URL(server.url).port}`;
  origins.push(origin);
  const browser = await findBrowser(t);
  return { ...server, origin, browser, person: () => openPerson(t, browser, origin) };
}

let launched: Promise<Browser> | undefined;

/** One for all tests of a file: a start takes longer than most of them, and profiles keep them apart. */
function findBrowser(t: Teardown): Promise<Browser> {
  if (launched !== undefined) return launched;
  const browser = chromium.launch({ executablePath: executable, args: flags });
  launched = browser;
  wholeFile(t).teardown(async () => {
    launched = undefined;
    await (await browser).close();
  });
  return browser;
}

async function openPerson(t: Teardown, browser: Browser, origin: string): Promise<Person> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  t.teardown(() => context.close());
  context.setDefaultTimeout(patienceMs);
  const faults: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) faults.push(`request to ${request.url()}`);
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  context.on('console', (message) => {
    // Chromium reports every refusal of the API as an error of its own.
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) faults.push(message.text());
  });
  return { page: await context.newPage(), context, faults };
}

export interface DeviceWish {
  readonly verifies?: boolean;
  readonly transport?: 'internal' | 'usb';
}

/** Plugs an authenticator into a tab; a tab without any answers no ceremony. */
export async function plugIn(page: Page, wish: DeviceWish = {}): Promise<Device> {
  const { verifies = true, transport = 'internal' } = wish;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: verifies,
      automaticPresenceSimulation: true,
    },
  });
  return { id, cdp };
}

export async function unplug({ id, cdp }: Device): Promise<void> {
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
}

/** Of the only credential that the device holds. */
async function credentialOf({ id, cdp }: Device) {
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: id });
  const [credential] = credentials;
  if (credential === undefined) throw new Error('the device holds no credential');
  return credential;
}

export async function copyCredential(from: Device, to: Device, change: { readonly signCount?: number } = {}) {
  const credential = { ...(await credentialOf(from)), ...change };
  await to.cdp.send('WebAuthn.addCredential', { authenticatorId: to.id, credential });
}

/** A session of a new tenant, past the pages that lead to one, which have specs of their own. Returns an API key. */
export async function enter({ say, origin }: Site, { context }: Person, slug: string): Promise<string> {
  const authenticator = newAuthenticator({ origin });
  const { ceremony_id, options } = await openSignup(say, slug);
  const signedUp = await finishSignup(say, ceremony_id, [authenticator.register(options)]);
  const [name, value] = cookieOf(await login(say, authenticator, origin)).split('=');
  await context.addCookies([{ name: String(name), value: String(value), url: origin, httpOnly: true }]);
  return (signedUp.body as unknown as { readonly key: { readonly secret: string } }).key.secret;
}

/** From the first page to the API key; the device that is plugged in becomes the authenticator. */
export async function signUp(page: Page, slug: string): Promise<string> {
  await page.goto('/signup');
  await page.getByLabel('Name of the tenant').fill('Meridian Works');
  await page.getByLabel('Slug').fill(slug);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill('ada@meridian.example');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByRole('button', { name: /^Found / }).click();
  return page.getByLabel('the API key', { exact: true }).innerText();
}

export async function signIn(page: Page): Promise<void> {
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
}
