import { test } from 'tap';
import { newId } from '../../kernel/id.ts';
import {
  readSession,
  type SessionClaims,
  sessionAudience,
  sessionSigner,
  signSession,
} from '../../kernel/session-token.ts';

const signer = sessionSigner(Buffer.alloc(32, 'k'));
const nowMs = Date.parse('2026-01-01T00:00:00.000Z');
const iat = nowMs / 1_000;
const claims: SessionClaims = {
  iss: 'ledger.example',
  aud: sessionAudience,
  sub: newId(),
  tid: newId(),
  sid: newId(),
  jti: newId(),
  iat,
  exp: iat + 900,
};
const reading = { signer, issuer: 'ledger.example', nowMs };

/** Signed by us, whatever it says. */
function signed(head: unknown, body: unknown): string {
  const text = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${signer.sign(Buffer.from(text)).toString('base64url')}`;
}

const head = { alg: 'EdDSA', typ: 'll-session+jwt' };

test('a session token says what it was signed with, until its time is over', (t) => {
  const token = signSession(claims, signer);
  t.same(readSession(token, reading), claims);
  t.equal(signed(head, claims), token);
  t.same(readSession(token, { ...reading, nowMs: nowMs + 899_999 }), claims);
  t.equal(readSession(token, { ...reading, nowMs: nowMs + 900_000 }), null);
  t.equal(readSession(token, { ...reading, nowMs: nowMs - 31_000 }), null, 'from the future');
  t.end();
});

test('a session token of another key, server or form is none', (t) => {
  const token = signSession(claims, signer);
  const other = sessionSigner(Buffer.alloc(32, 'K'));
  t.equal(readSession(token, { ...reading, signer: other }), null);
  t.equal(readSession(token, { ...reading, issuer: 'other.example' }), null);
  const [first = '', second = '', third = ''] = token.split('.');
  const bent = [
    '',
    'x',
    `${first}.${second}`,
    `${first}.${second}.`,
    `${token}.`,
    `${token}=`,
    `${first}.${second}.${third.slice(1)}`,
    `${first}.${Buffer.from(JSON.stringify({ ...claims, sid: newId() })).toString('base64url')}.${third}`,
    signSession(claims, other),
  ];
  for (const text of bent) t.equal(readSession(text, reading), null, text.slice(0, 20));
  t.end();
});

test('a session token cannot choose how it is read', (t) => {
  const heads = [
    { alg: 'none', typ: 'll-session+jwt' },
    { alg: 'HS256', typ: 'll-session+jwt' },
    { alg: 'EdDSA', typ: 'JWT' },
    { alg: 'EdDSA', typ: 'll-cap+jwt' },
    { ...head, kid: 'x' },
    { ...head, jwk: { kty: 'OKP' } },
    { ...head, crit: ['b64'], b64: false },
    { typ: 'll-session+jwt', alg: 'EdDSA' },
    {},
    null,
  ];
  for (const bad of heads) t.equal(readSession(signed(bad, claims), reading), null, JSON.stringify(bad));
  t.end();
});

test('a session token has all its claims, of the right kind, and no others', (t) => {
  const { exp: _exp, ...endless } = claims;
  const bodies: unknown[] = [
    endless,
    { ...claims, exp: iat + 86_400 },
    { ...claims, iat: iat - 1 },
    { ...claims, iat: String(iat) },
    { ...claims, iat: iat + 0.5, exp: iat + 900.5 },
    { ...claims, aud: 'loopledger' },
    { ...claims, aud: [sessionAudience] },
    { ...claims, sub: 'ada' },
    { ...claims, tid: '' },
    { ...claims, sid: null },
    { ...claims, jti: 7 },
    { ...claims, role: 'superadmin' },
  ];
  for (const body of bodies) t.equal(readSession(signed(head, body), reading), null, JSON.stringify(body));
  for (const body of [null, 'x', 7, []]) t.equal(readSession(signed(head, body), reading), null, JSON.stringify(body));
  t.end();
});
