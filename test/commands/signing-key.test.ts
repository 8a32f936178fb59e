import { test } from 'tap';
import { rotateSigningKey } from '../../commands/signing-key.ts';
import { SigningKeyCreated, SigningKeyRetired } from '../../events/signing-key.ts';
import type { Actor } from '../../kernel/actor.ts';
import { openSigner } from '../../kernel/signing.ts';
import { record } from '../../kernel/stream.ts';
import { successionText } from '../../policies/signing-key.ts';
import { given, idOf, tenantId } from '../support/given.ts';

const keyRef = (number: number) => ({ type: 'signing_key', id: idOf(number) });
const [first, second, third] = [1, 2, 3].map((number) => openSigner(idOf(number), Buffer.alloc(32, number))) as [
  ReturnType<typeof openSigner>,
  ReturnType<typeof openSigner>,
  ReturnType<typeof openSigner>,
];
const purpose = 'log' as const;
const created = record(SigningKeyCreated, keyRef(1), { purpose, public_key: first.publicKey, succession: null }, null);
const step_up = { authenticator_id: idOf(50), act: 'rotateSigningKey' };
const person: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], step_up };

function handOver(from: typeof first, to: typeof first) {
  const key = { purpose, signing_key_id: to.keyId, public_key: to.publicKey };
  const text = successionText({ ...key, tenant_id: tenantId, replaces: from.keyId });
  return { ...key, signature: from.sign(Buffer.from(text)).toString('base64url') };
}

function handedOver(from: typeof first, to: typeof first) {
  const { signature, public_key } = handOver(from, to);
  return [
    record(SigningKeyRetired, { type: 'signing_key', id: from.keyId }, { replaced_by: to.keyId }, null),
    record(
      SigningKeyCreated,
      { type: 'signing_key', id: to.keyId },
      { purpose, public_key, succession: { replaces: from.keyId, signature } },
      null,
    ),
  ];
}

test('a rotation retires the old key, whose signature vouches for the new one', (t) => {
  given(t, created)
    .by(person)
    .when(rotateSigningKey, handOver(first, second))
    .thenEvents(...handedOver(first, second));
  given(t, created, ...handedOver(first, second))
    .by(person)
    .when(rotateSigningKey, handOver(second, third))
    .thenEvents(...handedOver(second, third));
  t.end();
});

test('a rotation that another one outran is refused', (t) => {
  given(t, created, ...handedOver(first, second))
    .by(person)
    .when(rotateSigningKey, handOver(first, third))
    .thenRefused('signing_key_outrun');
  t.end();
});

test('a rotation without the word of the key in force is refused', (t) => {
  const good = handOver(first, second);
  const bad = [
    { signature: handOver(second, second).signature },
    { signature: 'A'.repeat(86) },
    { public_key: third.publicKey },
    { signing_key_id: idOf(9) },
  ];
  for (const change of bad) {
    given(t, created)
      .by(person)
      .when(rotateSigningKey, { ...good, ...change })
      .thenRefused('signing_key_outrun');
  }
  given(t).by(person).when(rotateSigningKey, good).thenRefused('signing_key_not_found');
  given(t, created)
    .by(person)
    .when(rotateSigningKey, { ...good, purpose: 'runner' })
    .thenRefused('signing_key_not_found');
  t.end();
});

test('a rotation needs a user, and an assertion for this very act', (t) => {
  const command = handOver(first, second);
  given(t, created).by('user').when(rotateSigningKey, command).thenRefused('step_up_required');
  given(t, created)
    .by({ ...person, step_up: { ...step_up, act: 'createDispatch' } })
    .when(rotateSigningKey, command)
    .thenRefused('step_up_required');
  for (const role of ['agent', 'orchestrator'] as const) {
    given(t, created)
      .by({ ...person, role })
      .when(rotateSigningKey, command)
      .thenRefused('role_forbidden');
  }
  t.end();
});
