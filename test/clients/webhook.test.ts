import { generateKeyPairSync, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { test } from 'tap';
import { verifyWebhook, WebhookError } from '../../clients/typescript/index.ts';
import { deliveryExample, eventCatalogue } from '../../api/event-catalogue.ts';
import { signDelivery } from '../../kernel/webhook-signature.ts';

const nowMs = Date.parse('2026-01-02T03:04:05.678Z');
const timestamp = Math.floor(nowMs / 1_000);
const id = '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0b';
const [entry] = eventCatalogue.filter(({ type }) => type === 'story.created');
const body = JSON.stringify(entry === undefined ? {} : deliveryExample(entry));
const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const [secret, former] = [secretOf('a'), secretOf('b')];

function headersOf(signature: string, at = timestamp): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signature };
}

const signed = (secrets: readonly string[], at = timestamp) =>
  headersOf(signDelivery(secrets, { id, timestamp: at, body }), at);

test('what the server signs is accepted, as text and as bytes, with headers of either kind', async (t) => {
  const message = await verifyWebhook({ secrets: [secret], headers: signed([secret]), body, nowMs });
  t.match(message, { id, type: 'story.created', event: { type: 'story.created', position: 42 } });
  const bytes = new TextEncoder().encode(body);
  const headers = new Headers(signed([secret]));
  t.same(await verifyWebhook({ secrets: [secret], headers, body: bytes, nowMs }), message);
  const other = new Webhook(secret).sign(id, new Date(timestamp * 1_000), body);
  t.same(await verifyWebhook({ secrets: [secret], headers: headersOf(other), body, nowMs }), message);
});

test('a test carries no event', async (t) => {
  const text = JSON.stringify({
    type: 'webhook.test',
    timestamp: '2026-01-02T03:04:05.678Z',
    data: { delivery_id: id },
  });
  const headers = headersOf(signDelivery([secret], { id, timestamp, body: text }));
  t.match(await verifyWebhook({ secrets: [secret], headers, body: text, nowMs }), {
    type: 'webhook.test',
    event: null,
  });
});

test('during a rotation any signature by any secret does', async (t) => {
  const headers = signed([secret, former]);
  for (const one of [secret, former, secretOf('c')]) {
    const checked = verifyWebhook({ secrets: [one], headers, body, nowMs });
    if (one === secretOf('c')) await t.rejects(checked, { code: 'signature_wrong' });
    else t.match(await checked, { id });
  }
  t.match(await verifyWebhook({ secrets: [secretOf('c'), former], headers, body, nowMs }), { id });
});

test('a signature by a private key is checked with the public one', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const proof = sign(null, Buffer.from(`${id}.${timestamp}.${body}`), privateKey).toString('base64');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  const headers = headersOf(`v1,AAAA v1a,${proof}`);
  t.match(await verifyWebhook({ secrets: [`whpk_${raw}`], headers, body, nowMs }), { id });
  const changed = { secrets: [`whpk_${raw}`], headers, body: `${body} `, nowMs };
  await t.rejects(verifyWebhook(changed), { code: 'signature_wrong' });
});

test('whatever was changed, is old, or is no signature is refused', async (t) => {
  const good = { secrets: [secret], headers: signed([secret]), body, nowMs };
  const signature = good.headers['webhook-signature'] ?? '';
  const cases: readonly (readonly [string, Partial<typeof good>])[] = [
    ['signature_wrong', { body: body.replace('42', '43') }],
    ['signature_wrong', { headers: { ...good.headers, 'webhook-id': `${id}0` } }],
    ['signature_wrong', { headers: { ...good.headers, 'webhook-timestamp': String(timestamp + 1) } }],
    ['signature_wrong', { headers: headersOf(signature.replace('v1,', 'v2,')) }],
    ['signature_wrong', { headers: headersOf(signature.replace('v1,', 'v1a,')) }],
    ['signature_wrong', { headers: headersOf('v1,') }],
    ['signature_wrong', { headers: headersOf('v1,***') }],
    ['signature_wrong', { secrets: [] }],
    ['secret_malformed', { secrets: ['whsec_'] }],
    ['secret_malformed', { secrets: ['whsec_***'] }],
    ['header_missing', { headers: headersOf('') }],
    ['header_missing', { headers: {} }],
    ['timestamp_off', { nowMs: nowMs + 302_000 }],
    ['timestamp_off', { nowMs: nowMs - 302_000 }],
    ['timestamp_off', { headers: { ...good.headers, 'webhook-timestamp': 'now' } }],
    ['timestamp_off', { headers: { ...good.headers, 'webhook-timestamp': '1e9' } }],
    ['timestamp_off', { nowMs: Number.NaN }],
  ];
  t.match(await verifyWebhook(good), { id });
  for (const [code, change] of cases) {
    const refused = await verifyWebhook({ ...good, ...change }).catch((error: unknown) => error);
    t.type(refused, WebhookError);
    t.match(refused, { code }, `${code}: ${JSON.stringify(change).slice(0, 80)}`);
  }
});
