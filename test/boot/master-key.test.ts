import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { loadMasterKey, parseMasterKey } from '../../boot/master-key.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-key-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

test('a key is read from base64, base64url and hexadecimal', async (t) => {
  const key = randomBytes(32);
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    t.ok(parseMasterKey(key.toString(encoding), 'KEY').equals(key), encoding);
  }
});

test('a key that is short, long or not random is refused', async (t) => {
  const weak = {
    short: randomBytes(31).toString('base64'),
    long: randomBytes(33).toString('base64'),
    zeros: Buffer.alloc(32).toString('base64'),
    repeated: Buffer.from('secretkey'.repeat(4).slice(0, 32)).toString('base64'),
    counting: Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex'),
    text: 'change me, please',
  };
  for (const [name, text] of Object.entries(weak)) {
    t.throws(() => parseMasterKey(text, 'KEY'), { code: 'config_invalid' }, name);
  }
});

test('the key file is made once, is private, and is the same at the next start', async (t) => {
  const keys = await Promise.all([loadMasterKey(folder), loadMasterKey(folder), loadMasterKey(folder)]);
  const again = await loadMasterKey(folder);
  for (const key of keys) t.ok(key.equals(again));
  const file = path.join(folder, 'master.key');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.equal(readFileSync(file, 'utf8').trim(), again.toString('base64'));
});

test('a key file that others can read, or that was cut short, is refused', async (t) => {
  const file = path.join(folder, 'master.key');
  chmodSync(file, 0o640);
  await t.rejects(loadMasterKey(folder), { code: 'config_invalid' });
  chmodSync(file, 0o600);
  writeFileSync(file, '');
  await t.rejects(loadMasterKey(folder), { code: 'config_invalid' });
});
