import { test } from 'tap';
import { openSealed, type SealPlace, sealText } from '../../kernel/seal.ts';

const place: SealPlace = { masterKey: Buffer.alloc(32, 'k'), tenantId: 'tenant', purpose: 'test', about: 'object' };

test('a sealed text opens at its place and looks different each time', (t) => {
  const sealed = sealText(place, 'ünïcode secret');
  t.equal(openSealed(place, sealed), 'ünïcode secret');
  t.equal(openSealed(place, sealText(place, '')), '');
  t.not(sealText(place, 'x'), sealText(place, 'x'));
  t.notOk(Buffer.from(sealed, 'base64url').includes('secret'));
  t.end();
});

test('a sealed text does not open at any other place', (t) => {
  const sealed = sealText(place, 'secret');
  const others: Partial<SealPlace>[] = [
    { masterKey: Buffer.alloc(32, 'K') },
    { tenantId: 'other' },
    { purpose: 'other' },
    { about: 'other' },
  ];
  for (const other of others) t.equal(openSealed({ ...place, ...other }, sealed), null, JSON.stringify(other));
  t.end();
});

test('a sealed text that was touched does not open', (t) => {
  const bytes = Buffer.from(sealText(place, 'secret'), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const touched = Buffer.from(bytes);
    touched[at] = (touched[at] as number) ^ 1;
    if (openSealed(place, touched.toString('base64url')) !== null) t.fail(`byte ${at}`);
  }
  for (let length = 0; length < bytes.length; length += 1) {
    if (openSealed(place, bytes.subarray(0, length).toString('base64url')) !== null) t.fail(`length ${length}`);
  }
  t.pass();
  t.end();
});
