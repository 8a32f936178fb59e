import { Ajv } from 'ajv';
import { test } from 'tap';
import { eventCatalogue } from '../../api/event-catalogue.ts';
import { administer } from '../support/database.ts';
import { shareTestServer } from '../support/server.ts';

const url = '/api/v1/webhooks';
const target = 'https://hooks.example.org/a';

test('the secret of a webhook is shown when it is made and never again', async (t) => {
  const { say, found, urls } = await shareTestServer(t);
  const { userKey: key } = await found();
  const headers = { 'idempotency-key': 'first' };
  const made = await say('POST', url, { key, headers, body: { url: target, event_types: ['story.*'] } });
  t.equal(made.status, 201);
  t.match(made.body, { url: target, event_types: ['story.*'], status: 'active', ordering: 'none', disabled_by: null });
  const secret = made.body['secret'] as string;
  t.match(secret, /^whsec_[0-9A-Za-z+/]{43}=$/);
  const again = await say('POST', url, { key, headers, body: { url: target, event_types: ['story.*'] } });
  t.equal(again.text, made.text, 'a repeat shows the same');
  const { secret: _secret, ...shown } = made.body;
  const one = await say('GET', `${url}/${made.body.id}`, { key });
  t.same(one.body, shown);
  t.same((await say('GET', url, { key })).body.data, [shown]);
  const log = await say('GET', '/api/v1/changes?types=webhook.*', { key });
  t.notMatch(log.text, secret.slice(6));
  await administer(urls.adminUrl, async (client) => {
    const { rows } = await client.query<{ text: string }>(
      `select string_agg(s::text, '') || (select string_agg(r::text, '') from ledger.requests r) as text
         from platform.webhook_secrets s`,
    );
    t.notMatch(rows[0]?.text, secret.slice(6), 'nothing at rest holds it');
  });
});

test('a rotation shows another secret and says until when the former one signs too', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key } = await found();
  const made = await say('POST', url, { key, body: { url: target } });
  const rotated = await say('POST', `${url}/${made.body.id}/rotate`, { key, body: { grace_seconds: 60 } });
  t.equal(rotated.status, 200);
  t.not(rotated.body['secret'], made.body['secret']);
  const untilMs = Date.parse(rotated.body['former_secret_until'] as string) - Date.now();
  t.ok(untilMs > 30_000 && untilMs <= 60_000, `${untilMs} ms`);
  const { secret: _secret, ...shown } = rotated.body;
  t.same((await say('GET', `${url}/${made.body.id}`, { key })).body, shown);
});

test('a webhook is changed, disabled, enabled and deleted', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key } = await found();
  const { id } = (await say('POST', url, { key, body: { url: target } })).body;
  const changed = await say('PATCH', `${url}/${id}`, { key, body: { ordering: 'subject', description: 'Ours' } });
  t.match(changed.body, { version: 2, ordering: 'subject', description: 'Ours' });
  const disabled = await say('POST', `${url}/${id}/disable`, { key });
  t.match(disabled.body, { status: 'disabled', disabled_by: 'operator' });
  t.equal((await say('GET', `${url}?status=active`, { key })).body.data.length, 0);
  t.match((await say('POST', `${url}/${id}/enable`, { key })).body, { status: 'active', disabled_by: null });
  t.equal((await say('DELETE', `${url}/${id}`, { key })).status, 204);
  t.equal((await say('GET', `${url}/${id}`, { key })).body.code, 'webhook_not_found');
  t.equal((await say('GET', url, { key })).body.data.length, 0);
});

test('an address that is not public and a type that does not exist are refused', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { userKey: key } = await found();
  for (const [body, code] of [
    [{ url: 'https://169.254.169.254/latest' }, 'webhook_url_refused'],
    [{ url: 'http://example.org/' }, 'webhook_url_refused'],
    [{ url: target, event_types: ['story.claimd'] }, 'webhook_event_type_unknown'],
    [{ url: target, event_types: ['storys.*'] }, 'webhook_event_type_unknown'],
    [{ url: target, event_types: [] }, 'body_invalid'],
    [{ url: 'example.org' }, 'body_invalid'],
  ] as const) {
    t.equal((await say('POST', url, { key, body })).body.code, code, JSON.stringify(body));
  }
});

test('every type of event is in the catalogue, with an example that its schema takes', async (t) => {
  const { say, found } = await shareTestServer(t);
  const { agentKey } = await found();
  const { body } = await say('GET', '/api/v1/event-types', { key: agentKey });
  t.equal(body.data.length, eventCatalogue.length);
  const ajv = new Ajv({ strict: false });
  for (const entry of body.data) {
    const schema = entry['data_schema'] as object;
    t.ok(ajv.validate(schema, entry['example']), `${entry['type'] as string}: ${ajv.errorsText()}`);
  }
});

test('the OpenAPI document tells of every delivery', async (t) => {
  const { say } = await shareTestServer(t);
  const { body } = await say('GET', '/openapi.json');
  t.same(
    Object.keys(body['webhooks'] as object),
    eventCatalogue.map(({ type }) => type),
  );
});
