import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { test } from 'tap';
import { isKey, keyHash, newKey, scrubSecrets } from '../../kernel/secret.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

test('a new key has its form, its hash and its prefix', (t) => {
  const { secret, hash: stored, prefix } = newKey('live');
  t.match(secret, /^ll_live_[0-9A-Za-z]{38}$/);
  t.match(newKey('eph').secret, /^ll_eph_[0-9A-Za-z]{38}$/);
  t.equal(stored.toString('hex'), hash('sha256', secret, 'hex'));
  t.equal(keyHash(secret), stored.toString('hex'));
  t.equal(prefix, secret.slice(0, 12));
  t.end();
});

test('the last six characters of a key are the CRC32 of the rest in base 62', (t) => {
  const { secret } = newKey('live');
  const number = secret
    .slice(-6)
    .split('')
    .reduce((sum, sign) => sum * 62 + alphabet.indexOf(sign), 0);
  t.equal(number, crc32(secret.slice(0, -6)));
  t.end();
});

test('a key with any one character changed is not a key', (t) => {
  const { secret } = newKey('live');
  t.ok(isKey(secret));
  for (let at = 8; at < secret.length; at += 1) {
    const other = secret[at] === 'a' ? 'b' : 'a';
    t.notOk(isKey(secret.slice(0, at) + other + secret.slice(at + 1)), `character ${at}`);
  }
  for (const text of ['', 'll_live_', `${secret}0`, secret.slice(1), secret.replace('live', 'dead'), ` ${secret}`])
    t.notOk(isKey(text));
  t.end();
});

test('the characters of keys are drawn evenly', (t) => {
  const counts = new Map<string, number>();
  const keys = 4_000;
  for (let made = 0; made < keys; made += 1) {
    for (const sign of newKey('eph').secret.slice(7, 39)) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  }
  const expected = (keys * 32) / 62;
  const chi = alphabet.split('').reduce((sum, sign) => sum + ((counts.get(sign) ?? 0) - expected) ** 2 / expected, 0);
  // 61 degrees of freedom: beyond 140 a fair draw comes once in about ten million runs; taking the rest of a byte gives > 1000.
  t.ok(chi < 140, `chi squared ${chi.toFixed(1)}`);
  t.end();
});

test('a line loses whatever looks like a secret of ours', (t) => {
  const { secret } = newKey('live');
  const line = `{"a":"${secret}","b":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","c":"eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln"}`;
  t.equal(scrubSecrets(line), '{"a":"[secret]","b":"[secret]","c":"[secret]"}');
  t.equal(scrubSecrets('nothing to see'), 'nothing to see');
  t.end();
});
