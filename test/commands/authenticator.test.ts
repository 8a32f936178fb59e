import { test } from 'tap';
import { enrolAuthenticator, revokeAuthenticator, useAuthenticator } from '../../commands/authenticator.ts';
import { AuthenticatorRevoked } from '../../events/authenticator.ts';
import { SessionEnded } from '../../events/session.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf, personFor } from '../support/given.ts';
import { authenticatorRef, credential, enrolled, operatorId, sessionRef, started, used } from '../support/people.ts';

const enrolment = { authenticator_id: idOf(2), operator_id: operatorId, ...credential(2) };
const revoked = (number: number) => record(AuthenticatorRevoked, authenticatorRef(number), {}, null);
const proof = { authenticator_id: idOf(1), act: 'deleteProject', backup_eligible: false, backed_up: false };

test('an authenticator is enrolled beside the first', (t) => {
  given(t, enrolled(1)).by(personFor('enrolAuthenticator')).when(enrolAuthenticator, enrolment).thenEvents(enrolled(2));
  t.end();
});

test('a credential is enrolled once and does not come back', (t) => {
  const again = { ...enrolment, authenticator_id: idOf(3), credential_id: 'credential-1' };
  const person = personFor('enrolAuthenticator');
  given(t, enrolled(1)).by(person).when(enrolAuthenticator, again).thenRefused('authenticator_known');
  given(t, enrolled(1), enrolled(2), revoked(1))
    .by(person)
    .when(enrolAuthenticator, again)
    .thenRefused('authenticator_known');
  t.end();
});

test('there are at most five authenticators, not counting revoked ones', (t) => {
  const five = [11, 12, 13, 14, 15].map((number) => enrolled(number));
  const person = personFor('enrolAuthenticator');
  given(t, ...five)
    .by(person)
    .when(enrolAuthenticator, enrolment)
    .thenRefused('authenticator_limit');
  given(t, ...five, revoked(15))
    .by(person)
    .when(enrolAuthenticator, enrolment)
    .thenEvents(enrolled(2));
  t.end();
});

test('enrolling and revoking need a user who confirmed that very act', (t) => {
  const history = [enrolled(1), enrolled(2)];
  const named = { authenticator_id: idOf(1) };
  given(t, enrolled(1)).when(enrolAuthenticator, enrolment).thenRefused('step_up_required');
  given(t, ...history)
    .when(revokeAuthenticator, named)
    .thenRefused('step_up_required');
  given(t, ...history)
    .by(personFor('enrolAuthenticator'))
    .when(revokeAuthenticator, named)
    .thenRefused('step_up_required');
  given(t, enrolled(1))
    .by(personFor('revokeAuthenticator'))
    .when(enrolAuthenticator, enrolment)
    .thenRefused('step_up_required');
  for (const role of ['agent', 'orchestrator'] as const) {
    const raised = { ...personFor('revokeAuthenticator'), role };
    given(t, ...history)
      .by(raised)
      .when(revokeAuthenticator, named)
      .thenRefused('role_forbidden');
    given(t, enrolled(1)).by(raised).when(enrolAuthenticator, enrolment).thenRefused('role_forbidden');
    given(t, enrolled(1))
      .by(raised)
      .when(useAuthenticator, { ...proof, sign_count: 1 })
      .thenRefused('role_forbidden');
  }
  t.end();
});

test('a revoked authenticator takes along the sessions that it opened, and no others', (t) => {
  given(t, enrolled(1), enrolled(2), started(31, 1), started(32, 2), started(33, 1))
    .by(personFor('revokeAuthenticator'))
    .when(revokeAuthenticator, { authenticator_id: idOf(1) })
    .thenEvents(
      revoked(1),
      record(SessionEnded, sessionRef(31), {}, null),
      record(SessionEnded, sessionRef(33), {}, null),
    );
  t.end();
});

test('the last authenticator is never revoked, and a revoked one only once', (t) => {
  const person = personFor('revokeAuthenticator');
  const revoke = (number: number, ...history: Parameters<typeof given>[1][]) =>
    given(t, ...history)
      .by(person)
      .when(revokeAuthenticator, { authenticator_id: idOf(number) });
  revoke(1, enrolled(1)).thenRefused('authenticator_last');
  revoke(2, enrolled(1), enrolled(2), revoked(1)).thenRefused('authenticator_last');
  revoke(1, enrolled(1), enrolled(2), revoked(1)).thenEvents();
  revoke(9, enrolled(1), enrolled(2)).thenRefused('authenticator_not_found');
  t.end();
});

test('a counter goes forward, and stands still only at zero', (t) => {
  const use = (before: number, sign_count: number) =>
    given(t, enrolled(1, { sign_count: before })).when(useAuthenticator, { ...proof, sign_count });
  use(0, 0).thenEvents(used(1, 'deleteProject', 0));
  use(0, 1).thenEvents(used(1, 'deleteProject', 1));
  use(5, 4_294_967_295).thenEvents(used(1, 'deleteProject', 4_294_967_295));
  use(5, 5).thenRefused('ceremony_failed');
  use(5, 4).thenRefused('ceremony_failed');
  use(5, 0).thenRefused('ceremony_failed');
  given(t, enrolled(1), used(1, 'login', 7))
    .when(useAuthenticator, { ...proof, sign_count: 7 })
    .thenRefused('ceremony_failed');
  t.end();
});

test('an authenticator that is unknown, revoked or changed its nature proves nothing', (t) => {
  const use = (change: object, ...history: Parameters<typeof given>[1][]) =>
    given(t, ...history).when(useAuthenticator, { ...proof, sign_count: 1, ...change });
  use({}).thenRefused('ceremony_failed');
  use({}, enrolled(1), enrolled(2), revoked(1)).thenRefused('ceremony_failed');
  use({ backup_eligible: true }, enrolled(1)).thenRefused('ceremony_failed');
  use({ backup_eligible: false }, enrolled(1, { backup_eligible: true })).thenRefused('ceremony_failed');
  t.end();
});
