import { test } from 'tap';
import { endSession, startSession } from '../../commands/session.ts';
import { suspendTenant } from '../../commands/tenant.ts';
import { AuthenticatorRevoked } from '../../events/authenticator.ts';
import { SessionEnded } from '../../events/session.ts';
import { TenantSuspended } from '../../events/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf, personFor, tenantId } from '../support/given.ts';
import { authenticatorRef, enrolled, sessionRef, started, used } from '../support/people.ts';
import { founded, tenantRef } from '../support/tenancy.ts';

const proof = { authenticator_id: idOf(1), act: 'login', sign_count: 1, backup_eligible: false, backed_up: false };
const start = { session_id: idOf(31), proof };
const suspended = record(TenantSuspended, tenantRef, {}, null);
const ended = (number: number) => record(SessionEnded, sessionRef(number), {}, null);

test('a session starts with the use of its authenticator', (t) => {
  given(t, founded, enrolled(1))
    .by(systemActor)
    .when(startSession, start)
    .thenEvents(used(1, 'login', 1), started(31, 1));
  t.end();
});

test('a session is started by the server alone, for an authenticator in force, in a tenant that works', (t) => {
  const revoked = record(AuthenticatorRevoked, authenticatorRef(1), {}, null);
  for (const actor of ['user', personFor('login')] as const) {
    given(t, founded, enrolled(1)).by(actor).when(startSession, start).thenRefused('role_forbidden');
  }
  given(t, founded).by(systemActor).when(startSession, start).thenRefused('ceremony_failed');
  given(t, founded, enrolled(1), enrolled(2), revoked)
    .by(systemActor)
    .when(startSession, start)
    .thenRefused('ceremony_failed');
  given(t, founded, enrolled(1), suspended).by(systemActor).when(startSession, start).thenRefused('tenant_suspended');
  t.end();
});

test('a session ends once', (t) => {
  const history = [founded, enrolled(1), started(31, 1)];
  given(t, ...history)
    .when(endSession, { session_id: idOf(31) })
    .thenEvents(ended(31));
  given(t, ...history, ended(31))
    .when(endSession, { session_id: idOf(31) })
    .thenEvents();
  given(t)
    .when(endSession, { session_id: idOf(31) })
    .thenEvents();
  t.end();
});

test('a suspended tenant takes along its sessions, but not those that were over long ago', (t) => {
  const history = [founded, enrolled(1), started(31, 1), started(32, 1, '2026-01-02T00:00:00.000Z')];
  given(t, ...history)
    .by(systemActor)
    .when(suspendTenant, { tenant_id: tenantId })
    .thenEvents(suspended, ended(32));
  t.end();
});
