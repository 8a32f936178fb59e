import { test } from 'tap';
import { type CapabilityClaims, capabilityHash, signCapability } from '../../kernel/capability.ts';
import { commitmentOf, seedOf } from '../../kernel/draw.ts';
import { isSignedBy, newSeed, openSigner } from '../../kernel/signing.ts';

/** The second test of RFC 8032, 7.1. */
const vector = {
  seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  message: '72',
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};

const claims: CapabilityClaims = {
  iss: 'https://ledger.example',
  aud: 'https://ledger.example',
  sub: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d05',
  tid: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01',
  act: 'start',
  story: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0a',
  ver: 3,
  lin: 'a'.repeat(64),
  jti: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d0b',
  iat: 1_767_225_600,
  nbf: 1_767_225_600,
  exp: 1_767_226_500,
};

test('a signer signs as RFC 8032 says', (t) => {
  const signer = openSigner('k', Buffer.from(vector.seed, 'hex'));
  t.equal(Buffer.from(signer.publicKey, 'base64url').toString('hex'), vector.publicKey);
  const signature = signer.sign(Buffer.from(vector.message, 'hex'));
  t.equal(signature.toString('hex'), vector.signature);
  t.throws(() => openSigner('k', Buffer.alloc(31)));
  t.end();
});

test('a signature holds for its bytes and its key alone', (t) => {
  const [one, other] = [openSigner('1', newSeed()), openSigner('2', newSeed())];
  const bytes = Buffer.from('what was signed');
  const signature = one.sign(bytes);
  t.ok(isSignedBy(one.publicKey, bytes, signature));
  t.notOk(isSignedBy(other.publicKey, bytes, signature));
  t.notOk(isSignedBy(one.publicKey, Buffer.from('what was Signed'), signature));
  t.notOk(isSignedBy(one.publicKey, bytes, signature.subarray(1)));
  t.notOk(isSignedBy(one.publicKey, bytes, Buffer.alloc(64)));
  t.notOk(isSignedBy('', bytes, signature));
  t.notOk(isSignedBy('no key at all', bytes, signature));
  t.end();
});

test('a capability is a compact JWS whose type and key stand in its head', (t) => {
  const signer = openSigner('the key', newSeed());
  const { token, hash } = signCapability(claims, signer);
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  t.same(more, []);
  t.same(JSON.parse(Buffer.from(head, 'base64url').toString()), { alg: 'EdDSA', kid: 'the key', typ: 'll-cap+jwt' });
  t.same(JSON.parse(Buffer.from(body, 'base64url').toString()), claims);
  t.ok(isSignedBy(signer.publicKey, Buffer.from(`${head}.${body}`), Buffer.from(signature, 'base64url')));
  t.equal(hash, capabilityHash(token));
  t.match(hash, /^[0-9a-f]{64}$/);
  t.same(signCapability({ ...claims }, signer), { token, hash }, 'the same claims give the same token');
  t.not(signCapability({ ...claims, ver: 4 }, signer).hash, hash);
  t.end();
});

test('a seed follows from the secret and its number, and is what its commitment says', (t) => {
  const secret = newSeed();
  const seed = seedOf(secret, 1);
  t.match(seed, /^[0-9a-f]{64}$/);
  t.equal(seedOf(secret, 1), seed);
  t.not(seedOf(secret, 2), seed);
  t.not(seedOf(newSeed(), 1), seed);
  // SHA-256 of 32 zero bytes.
  t.equal(commitmentOf('00'.repeat(32)), '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925');
  t.end();
});
