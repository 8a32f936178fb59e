import { test } from 'tap';
import {
  entryProofText,
  openCheckpoint,
  readCheckpoint,
  readEntryProof,
  signCheckpoint,
  sizeOf,
} from '../../kernel/log-checkpoint.ts';
import { leafHash } from '../../kernel/merkle.ts';
import { newSeed, openSigner } from '../../kernel/signing.ts';

const origin = 'ledger.example/log/42';
const root = leafHash(Buffer.from('an entry'));
const key = { name: origin, ...openSigner('k', newSeed()) };
const note = signCheckpoint({ origin, size: 7, root }, key);

test('a checkpoint is three lines and a signature of the log itself', (t) => {
  t.match(note, new RegExp(`^${origin}\n7\n[0-9A-Za-z+/]{43}=\n\n\u2014 ${origin} [0-9A-Za-z+/]{91}=\n$`));
  t.match(openCheckpoint(note, [key]), { origin, size: 7, root });
  t.equal(openCheckpoint(note, []), null);
  const stranger = { name: origin, ...openSigner('k', newSeed()) };
  t.equal(openCheckpoint(note, [stranger]), null);
  const other = { ...key, name: 'ledger.example/log/43' };
  const borrowed = signCheckpoint({ origin, size: 7, root }, other);
  t.equal(openCheckpoint(borrowed, [other]), null, 'one log does not speak for another');
  t.end();
});

test('sizes and roots have one spelling, and further lines are left aside', (t) => {
  const said = (lines: readonly string[]) => readCheckpoint(`${lines.join('\n')}\n\n\u2014 a x08go/ZJkuBS9UG/\n`);
  const hash = root.toString('base64');
  t.equal(said([origin, '0', hash])?.size, 0);
  t.equal(said([origin, '7', hash, 'extension'])?.size, 7);
  const bad = [
    [origin, '07', hash],
    [origin, '+7', hash],
    [origin, '7.0', hash],
    [origin, '9007199254740993', hash],
    [origin, '7', hash.slice(4)],
    [origin, '7', `${hash.slice(0, -2)}1=`],
    [origin, '7'],
    ['', '7', hash],
    [origin, '7', hash, '', 'more'],
  ];
  for (const lines of bad) t.equal(said(lines), null, lines.join(' '));
  for (const text of ['', ' 1', '1 ', '-1', '1e3', '0x1', 'Infinity']) t.equal(sizeOf(text), null);
  t.end();
});

test('the proof of an entry has the form of c2sp.org/tlog-proof@v1', (t) => {
  const [one, two] = [leafHash(Buffer.from('hash1')), leafHash(Buffer.from('hash2'))];
  const text = entryProofText({ index: 5, proof: [one, two], checkpoint: note });
  const lines = ['c2sp.org/tlog-proof@v1', 'index 5', one.toString('base64'), two.toString('base64'), '', note];
  t.equal(text, lines.join('\n'));
  t.strictSame(readEntryProof(text), { index: 5, proof: [one, two], checkpoint: note });
  t.equal(entryProofText({ index: 0, proof: [], checkpoint: 'x\n' }), 'c2sp.org/tlog-proof@v1\nindex 0\n\nx\n');
  const withExtra = text.replace('index', 'extra YWdl\nindex');
  t.equal(readEntryProof(withExtra)?.index, 5);
  for (const bad of ['', 'x', text.replace('@v1', '@v2'), text.replace('index 5', 'index 05'), text.replace('=', '')]) {
    t.equal(readEntryProof(bad), null);
  }
  t.end();
});
