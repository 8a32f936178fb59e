import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import type { buildConnector } from 'undici';
import { answer, type Behaviour, startReceiver } from '../support/receiver.ts';
import { startTestServer } from '../support/server.ts';
import { startTestWorkers, until } from '../support/workers.ts';
import { attempt, type Attempt } from '../../workers/webhook-sender.ts';
import { openWayOut, type TargetOptions } from '../../kernel/way-out.ts';

const secrets = [`whsec_${Buffer.alloc(32, 7).toString('base64')}`];
const attemptMs = 4_000;

async function send(t: Test, url: string, options: Partial<TargetOptions> = {}): Promise<Attempt> {
  const wayOut = openWayOut({ allowPrivate: true, connectMs: 3_000, ...options });
  t.teardown(() => wayOut.destroy());
  const made = await attempt({ wayOut, url, id: 'delivery', body: '{}', secrets, totalMs: attemptMs });
  if (made === null) throw new Error('nobody broke it off');
  return made;
}

const drip: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  const timer = setInterval(() => response.write('x'), 200);
  response.on('close', () => clearInterval(timer));
};

const flood: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-length': String(2 ** 30) });
  const part = Buffer.alloc(65_536, 'x');
  const more = (): void => {
    while (!response.destroyed && response.write(part));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

/** By name: how a receiver behaves, and the word for it; null is taken. */
const behaviours: readonly (readonly [name: string, behaviour: Behaviour, error: Attempt['error']])[] = [
  ['answers 500', answer(500), 'http_5xx'],
  ['answers 429', answer(429, { 'retry-after': '60' }), 'http_4xx'],
  ['answers 410', answer(410), 'http_4xx'],
  ['redirects to the metadata', answer(302, { location: 'http://169.254.169.254/latest/meta-data/' }), 'redirect'],
  ['redirects to itself', answer(308, { location: '/again' }), 'redirect'],
  ['hangs', () => undefined, 'timeout'],
  ['sends its body bit by bit', drip, 'body'],
  ['sends a gigabyte', flood, null],
  ['resets', (request) => void request.socket.resetAndDestroy(), 'connect'],
  [
    'breaks off',
    (_request, response) =>
      void response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()),
    'body',
  ],
  ['talks something else', (request) => void request.socket.end('SSH-2.0-x\r\n'), 'connect'],
  ['has endless headers', answer(200, { 'x-long': 'x'.repeat(40_000) }), 'connect'],
];

test('every way to misbehave has its word, and none takes longer than it may', async (t) => {
  const results = await Promise.all(
    behaviours.map(async ([name, behaviour, error]) => {
      const receiver = await startReceiver(t, behaviour);
      const begun = performance.now();
      const made = await send(t, `${receiver.url}/`);
      return { name, error, made, ms: performance.now() - begun, count: receiver.received.length };
    }),
  );
  for (const { name, error, made, ms, count } of results) {
    t.equal(made.error, error, name);
    t.equal(made.taken, error === null, name);
    t.equal(count, 1, `${name}: asked once`);
    t.ok(ms < 10 * attemptMs, `${name}: ${Math.round(ms)} ms`);
    t.ok((made.response?.body.length ?? 0) <= 4_096, `${name}: a bounded part is kept`);
  }
});

test('nobody there, a name that does not exist and a bad certificate have their words', async (t) => {
  const receiver = await startReceiver(t);
  t.equal((await send(t, 'http://127.0.0.1:1/')).error, 'connect');
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
  t.equal((await send(t, 'https://nobody.example/', { resolve: () => Promise.reject(unknown) })).error, 'dns');
  t.equal((await send(t, 'https://nobody.example/', { resolve: () => new Promise(() => undefined) })).error, 'dns');
  const plain = await send(t, `https://127.0.0.1:${receiver.port}/`);
  t.equal(plain.error, 'tls', 'speaks no TLS');
  const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [string, string];
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-subj',
    '/CN=hooks.example.org',
    '-addext',
    'subjectAltName=DNS:hooks.example.org',
  ];
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...options, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  const secure = await startReceiver(t, answer(204), pair);
  const there = { resolve: () => Promise.resolve(['127.0.0.1']) };
  t.equal((await send(t, `https://hooks.example.org:${secure.port}/`, there)).error, 'tls', 'nobody vouches for it');
  const trusted = { ...there, ca: pair.cert };
  t.equal((await send(t, `https://hooks.example.org:${secure.port}/`, trusted)).error, null, 'the name is checked …');
  t.equal((await send(t, `https://other.example.org:${secure.port}/`, trusted)).error, 'tls', '… and must be that one');
  t.equal(secure.received.length, 1);
});

test('nothing goes out without a signature', async (t) => {
  const receiver = await startReceiver(t);
  const wayOut = openWayOut({ allowPrivate: true });
  t.teardown(() => wayOut.destroy());
  const made = await attempt({ wayOut, url: receiver.url, id: 'delivery', body: '{}', secrets: [] });
  t.match(made, { taken: false, error: 'secret', response: null });
  t.equal(receiver.received.length, 0);
});

const hosts = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '0',
  '0.0.0.0',
  '127.0.0.1.',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '169.254.169.254',
  '2852039166',
  '0xa9.0xfe.0xa9.0xfe',
  '127。0。0。1',
  '①②⑦.⓪.⓪.①',
  '168.63.129.16',
  '10.0.0.1',
  '192.168.0.1',
  '172.16.0.1',
  '100.64.0.1',
  '[fec0::1]',
  '[ff02::1]',
  '255.255.255.255',
];

test('no spelling of an address that is not public is connected to', async (t) => {
  const receiver = await startReceiver(t);
  for (const host of hosts) {
    const made = await send(t, `http://${host}:${receiver.port}/`, { allowPrivate: false });
    t.equal(made.error, 'ssrf', host);
  }
  t.equal(receiver.received.length, 0);
});

test('a name that resolves to one address that is not public is not connected to', async (t) => {
  const receiver = await startReceiver(t);
  for (const addresses of [
    ['127.0.0.1'],
    ['93.184.216.34', '127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['2606:4700::1111', 'fe80::1%eth0'],
  ]) {
    const resolve = () => Promise.resolve(addresses);
    const made = await send(t, `http://hooks.example.org:${receiver.port}/`, { allowPrivate: false, resolve });
    t.equal(made.error, 'ssrf', addresses.join());
  }
  t.equal(receiver.received.length, 0);
});

test('a name that changes its mind between check and connection is asked once, and leads nowhere else', async (t) => {
  const receiver = await startReceiver(t);
  let asked = 0;
  const resolve = () => Promise.resolve([(asked += 1) === 1 ? '192.88.98.1' : '127.0.0.1']);
  const dialled: string[] = [];
  const dial: buildConnector.connector = ({ hostname }, done) => {
    dialled.push(hostname);
    done(Object.assign(new Error('nobody'), { code: 'ECONNREFUSED' }), null);
  };
  const made = await send(t, `http://hooks.example.org:${receiver.port}/`, { allowPrivate: false, resolve, dial });
  t.equal(made.error, 'connect');
  t.same({ asked, dialled }, { asked: 1, dialled: ['192.88.98.1'] });
});

test('a connection that ends at another address than was asked for is cut before anything is sent', async (t) => {
  const receiver = await startReceiver(t);
  const dial: buildConnector.connector = (_target, done) => {
    const socket = connect(receiver.port, '127.0.0.1', () => done(null, socket));
  };
  const resolve = () => Promise.resolve(['192.88.98.1']);
  const made = await send(t, 'http://hooks.example.org/', { allowPrivate: false, resolve, dial });
  t.equal(made.error, 'ssrf');
  t.equal(receiver.received.length, 0);
});

test('receivers that hang, drip and flood do not delay another one of the same tenant', async (t) => {
  const server = await startTestServer(t, { webhookAllowPrivate: true });
  const { userKey: key } = await server.found();
  startTestWorkers(t, server.urls, undefined, { attemptMs: 60_000 });
  const post = (url: string, body: object) => server.say('POST', url, { key, body });
  const hook = (url: string) => post('/api/v1/webhooks', { url, event_types: ['project.created'] });
  const good = await startReceiver(t);
  for (const [, behaviour] of behaviours) await hook((await startReceiver(t, behaviour)).url);
  await hook(good.url);
  const begunMs: number[] = [];
  for (let at = 0; at < 20; at += 1) {
    await post('/api/v1/projects', { name: 'P', slug: `p-${at}` });
    begunMs.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await until('the good one has them all', () => good.received.length === 20);
  const waitedMs = good.received.map(({ atMs }, at) => atMs - (begunMs[at] as number)).sort((one, two) => one - two);
  // Without word from the committing process, workers look once a second.
  const [median = Infinity, longest = Infinity] = [waitedMs[10], waitedMs.at(-1)];
  t.ok(median < 2_500 && longest < 30_000, `${Math.round(median)} ms, the longest ${Math.round(longest)} ms`);
});
