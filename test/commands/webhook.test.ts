import { test } from 'tap';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  judgeWebhook,
  rotateWebhookSecret,
} from '../../commands/webhook.ts';
import { ProjectCreated } from '../../events/project.ts';
import { TenantFounded } from '../../events/tenant.ts';
import {
  WebhookChanged,
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookEnabled,
  WebhookRecovered,
  WebhookSecretRotated,
} from '../../events/webhook.ts';
import { record } from '../../kernel/stream.ts';
import { systemActor } from '../../kernel/actor.ts';
import { maxWebhooks, targetFault } from '../../policies/webhook.ts';
import { given, idOf, tenantId } from '../support/given.ts';

const webhook_id = idOf(1);
const ref = { type: 'webhook', id: webhook_id };
const data = {
  url: 'https://hooks.example.org/a',
  event_types: ['*'],
  project_id: null,
  description: '',
  ordering: 'none',
  secret_id: idOf(2),
} as const;
const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'T', slug: 't' }, null);
const created = record(WebhookCreated, ref, { ...data, event_types: ['*'] }, null);
const disabled = (reason: 'operator' | 'gone' | 'failing') => record(WebhookDisabled, ref, { reason }, null);
const enabled = record(WebhookEnabled, ref, {}, null);
const create = { webhook_id, secret_id: idOf(2), url: data.url, allow_private: false };

test('a webhook gets all events of all projects unless it says otherwise', async (t) => {
  given(t, founded).when(createWebhook, create).thenEvents(created);
});

test('only a user makes, changes and removes webhooks', async (t) => {
  for (const role of ['agent', 'orchestrator'] as const) {
    const history = given(t, founded, created).by(role);
    history.when(createWebhook, create).thenRefused('role_forbidden');
    history.when(changeWebhook, { webhook_id, changes: {}, allow_private: false }).thenRefused('role_forbidden');
    history.when(rotateWebhookSecret, { webhook_id, secret_id: idOf(3) }).thenRefused('role_forbidden');
    for (const command of [enableWebhook, disableWebhook, deleteWebhook]) {
      history.when(command, { webhook_id }).thenRefused('role_forbidden');
    }
  }
});

test('a webhook of a project needs that project', async (t) => {
  const command = { ...create, project_id: idOf(7) };
  given(t, founded).when(createWebhook, command).thenRefused('project_not_found');
  const project = record(
    ProjectCreated,
    { type: 'project', id: idOf(7) },
    { name: 'P', slug: 'p', description: '' },
    idOf(7),
  );
  given(t, founded, project)
    .when(createWebhook, command)
    .thenEvents(record(WebhookCreated, ref, { ...data, event_types: ['*'], project_id: idOf(7) }, null));
});

test('a tenant has a bounded number of webhooks, and a deleted one makes room', async (t) => {
  const many = Array.from({ length: maxWebhooks }, (_, at) =>
    record(WebhookCreated, { type: 'webhook', id: idOf(100 + at) }, { ...data, event_types: ['*'] }, null),
  );
  given(t, founded, ...many)
    .when(createWebhook, create)
    .thenRefused('webhook_limit');
  const gone = record(WebhookDeleted, { type: 'webhook', id: idOf(100) }, {}, null);
  given(t, founded, ...many, gone)
    .when(createWebhook, create)
    .thenEvents(created);
});

test('a webhook points to a public host', async (t) => {
  const command = { ...create, url: 'https://127.0.0.1/a' };
  given(t, founded).when(createWebhook, command).thenRefused('webhook_url_refused');
  const changes = { url: 'http://hooks.example.org/' };
  given(t, founded, created)
    .when(changeWebhook, { webhook_id, changes, allow_private: false })
    .thenRefused('webhook_url_refused');
  given(t, founded, created)
    .when(changeWebhook, { webhook_id, changes, allow_private: true })
    .thenEvents(record(WebhookChanged, ref, changes, null));
});

/** One host in the ways in which it can be written; each is refused before anything is asked or connected. */
const spellings = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://017700000001/',
  'https://0/',
  'https://0.0.0.0/',
  'https://127.0.0.1./',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::]/',
  'https://[fe80::1]/',
  'https://[fd00:ec2::254]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/',
  'https://0xa9.0xfe.0xa9.0xfe/',
  'https://localhost/',
  'https://app.localhost/',
  'https://LOCALHOST./',
  'https://127。0。0。1/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://postgres/',
  'https://168.63.129.16/',
  'https://user:pass@example.org/',
  'https://user@example.org/',
  'https://example.org:22/',
  'https://example.org:5432/',
  'http://example.org/',
  'ftp://example.org/',
  'file:///etc/passwd',
  'https://example.org/#part',
  'nonsense',
];

test('every spelling of an address that is not public is refused', async (t) => {
  for (const url of spellings) t.type(targetFault(url, false), 'string', url);
  for (const url of [
    'https://example.org/x?y=1',
    'https://example.org:8443/',
    'https://1.1.1.1/',
    'https://[2606:4700::1111]/',
  ]) {
    t.equal(targetFault(url, false), null, url);
  }
  t.equal(targetFault('http://127.0.0.1:9/', true), null, 'development reaches everything …');
  t.type(targetFault('ftp://127.0.0.1/', true), 'string', '… by http and https');
});

test('a change that changes nothing is no event', async (t) => {
  const changes = { event_types: ['*'], description: '' };
  given(t, founded, created).when(changeWebhook, { webhook_id, changes, allow_private: false }).thenEvents();
});

test('a rotated secret leaves the former one its grace', async (t) => {
  const command = { webhook_id, secret_id: idOf(3), grace_seconds: 60 };
  given(t, founded, created)
    .at('2026-01-01T00:00:00.000Z')
    .when(rotateWebhookSecret, command)
    .thenEvents(
      record(WebhookSecretRotated, ref, { secret_id: idOf(3), former_until: '2026-01-01T00:01:00.000Z' }, null),
    );
  given(t, founded, created)
    .when(rotateWebhookSecret, { ...command, grace_seconds: 0 })
    .thenEvents(record(WebhookSecretRotated, ref, { secret_id: idOf(3), former_until: null }, null));
});

test('a webhook is disabled and enabled once', async (t) => {
  given(t, founded, created).when(disableWebhook, { webhook_id }).thenEvents(disabled('operator'));
  given(t, founded, created, disabled('gone')).when(disableWebhook, { webhook_id }).thenEvents();
  given(t, founded, created, disabled('gone')).when(enableWebhook, { webhook_id }).thenEvents(enabled);
  given(t, founded, created).when(enableWebhook, { webhook_id }).thenEvents();
});

test('a verdict is the server’s own, and counts for an active webhook alone', async (t) => {
  const judge = (verdict: 'gone' | 'failing' | 'recovered') => ({ webhook_id, verdict });
  given(t, founded, created).when(judgeWebhook, judge('gone')).thenRefused('role_forbidden');
  const by = (...history: (typeof created)[]) => given(t, founded, created, ...history).by(systemActor);
  by().when(judgeWebhook, judge('gone')).thenEvents(disabled('gone'));
  by(disabled('operator')).when(judgeWebhook, judge('failing')).thenEvents();
  by().when(judgeWebhook, judge('recovered')).thenEvents();
  by(disabled('failing'), enabled)
    .when(judgeWebhook, judge('recovered'))
    .thenEvents(record(WebhookRecovered, ref, {}, null));
  by(disabled('operator'), enabled).when(judgeWebhook, judge('recovered')).thenEvents();
});

test('a deleted webhook is not there any more', async (t) => {
  const gone = record(WebhookDeleted, ref, {}, null);
  given(t, founded, created).when(deleteWebhook, { webhook_id }).thenEvents(gone);
  for (const command of [enableWebhook, disableWebhook, deleteWebhook]) {
    given(t, founded, created, gone).when(command, { webhook_id }).thenRefused('webhook_not_found');
  }
});
