import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { test } from 'tap';
import { webFolder } from '../../api/platform/web-page.ts';
import { openApiText } from '../../api/platform/documents.ts';
import { startTestServer } from '../support/server.ts';

const html = { accept: 'text/html,*/*;q=0.8' };
const packed = promisify(gzip);

test('pages are documents of a strict policy, got and nothing else', async (t) => {
  const { url } = await startTestServer(t);
  const paths = JSON.parse(await readFile(path.join(webFolder, 'pages.json'), 'utf8')) as string[];
  t.match(paths, ['/', '/signup', '/login', '/changes', '/webhooks', '/settings']);
  for (const one of paths) {
    const answer = await fetch(`${url}${one}?next=%2Fsettings`, { headers: html });
    t.equal(answer.status, 200, one);
    t.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    t.equal(answer.headers.get('cache-control'), 'no-cache');
    t.notMatch(answer.headers.get('content-security-policy'), /unsafe|\*|http|data:/);
    t.match(answer.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; /);
    const etag = answer.headers.get('etag') ?? '';
    const again = await fetch(url + one, { headers: { ...html, 'if-none-match': etag } });
    t.equal(again.status, 304);
    const head = await fetch(url + one, { method: 'HEAD' });
    t.equal(head.headers.get('content-length'), String((await answer.arrayBuffer()).byteLength));
    const posted = await fetch(url + one, { method: 'POST' });
    t.equal(posted.status, 405);
    t.equal(posted.headers.get('allow'), 'GET, HEAD, OPTIONS');
  }
});

test('assets are kept for ever, packed for whoever can unpack them', async (t) => {
  const { url } = await startTestServer(t);
  for (const name of await readdir(path.join(webFolder, 'assets'))) {
    if (name.endsWith('.br')) {
      t.equal((await fetch(`${url}/assets/${name}`)).status, 404, 'a packed twin has no address of its own');
      continue;
    }
    const plain = await fetch(`${url}/assets/${name}`, { headers: { 'accept-encoding': 'identity' } });
    const best = await fetch(`${url}/assets/${name}`, { headers: { 'accept-encoding': 'gzip, br' } });
    t.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    t.equal(plain.headers.get('content-encoding'), null);
    t.equal(best.headers.get('content-encoding'), /\.(?:js|css|svg)$/.test(name) ? 'br' : null, name);
    t.same(Buffer.from(await plain.arrayBuffer()), Buffer.from(await best.arrayBuffer()), name);
    t.same(plain.headers.get('vary'), 'accept-encoding');
  }
});

test('what is no page is nothing: no path leads out of the build', async (t) => {
  const { url } = await startTestServer(t);
  for (const one of [
    '/settings/',
    '/nothing',
    '/assets/',
    '/assets/../index.html',
    '/pages.json',
    '/%2e%2e/package.json',
  ]) {
    const answer = await fetch(url + one, { headers: html });
    t.match([answer.status, await answer.json()], [404, { code: 'route_missing' }], one);
  }
});

test('no page stands where a route of the API is', async (t) => {
  const { paths } = JSON.parse(await openApiText()) as { paths: Record<string, unknown> };
  const pages = JSON.parse(await readFile(path.join(webFolder, 'pages.json'), 'utf8')) as string[];
  t.same(
    pages.filter((page) => page in paths),
    [],
  );
});

test('a server without built pages says what to run, and to people alone', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'loopledger-'));
  const { url } = await startTestServer(t, { webFolder: folder });
  const answer = await fetch(`${url}/login`, { headers: html });
  t.match([answer.status, await answer.json()], [503, { code: 'pages_unbuilt' }]);
  t.equal((await fetch(`${url}/login`)).status, 404);
});

test('what a browser loads stays small', async (t) => {
  const folder = path.join(webFolder, 'assets');
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.br'));
  const sizes = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(path.join(folder, name));
      return [name, name.endsWith('.woff2') ? bytes.length : (await packed(bytes)).length] as const;
    }),
  );
  const sum = (ending: RegExp) =>
    sizes.filter(([name]) => ending.test(name)).reduce((total, [, size]) => total + size, 0);
  t.ok(existsSync(folder));
  for (const [ending, kB] of [
    [/^index-.*\.js$/, 180],
    [/^(?!index-).*\.js$/, 120],
    [/\.css$/, 20],
    [/\.woff2$/, 55],
  ] as const) {
    const size = sum(ending);
    t.ok(size > 0 && size <= kB * 1_000, `${String(ending)}: ${size} of ${kB} kB`);
  }
});
