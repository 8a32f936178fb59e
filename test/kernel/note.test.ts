import { test } from 'tap';
import { parseNote, parseVerifierKey, signerOf, signNote, verifierKey } from '../../kernel/note.ts';
import { newSeed, openSigner } from '../../kernel/signing.ts';

/** The example of the Go implementation of signed notes, with its private key. */
const verifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const privateKey = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signature = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';
const signed = `${text}\n\u2014 PeterNeumann ${signature}\n`;

/** The example of c2sp.org/signed-note that has a public key. */
const exampleKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const exampleNote =
  'This is an example message.\n\n' +
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

function keyOf(name: string) {
  return { name, ...openSigner('k', newSeed()) };
}

function signerOfText(note: string, ...keys: readonly string[]): string | undefined {
  const parsed = parseNote(note);
  if (parsed === null) return 'no note';
  const known = keys.map(parseVerifierKey).filter((key) => key !== null);
  return signerOf(parsed, known)?.name;
}

test('the published notes come out byte for byte and verify', (t) => {
  const seed = Buffer.from(privateKey, 'base64').subarray(1);
  const key = { name: 'PeterNeumann', ...openSigner('k', seed) };
  t.equal(signNote(text, key), signed);
  t.equal(verifierKey(key), verifier);
  t.equal(signerOfText(signed, verifier), 'PeterNeumann');
  t.equal(signerOfText(exampleNote, exampleKey), 'example.com/foo');
  t.equal(signerOfText(exampleNote, verifier, exampleKey), 'example.com/foo');
  t.end();
});

test('no other text passes under the signature, and no other key', (t) => {
  t.equal(signerOfText(signed.replace('cryptography', 'cryptographY'), verifier), undefined);
  t.equal(signerOfText(signed, exampleKey), undefined);
  t.equal(signerOfText(signed.replace('Neumann', 'neumann'), verifier), undefined);
  const other = keyOf('PeterNeumann');
  t.equal(signerOfText(signed, verifierKey(other)), undefined);
  const both = `${signNote(text, other)}${signed.slice(text.length + 1)}`;
  t.equal(signerOfText(both, verifier), 'PeterNeumann', 'a signature of an unknown key says nothing');
  const spoilt = signed.replace('nAM=', 'nAI=');
  t.equal(signerOfText(spoilt, verifier), undefined);
  t.equal(signerOfText(spoilt + signed.slice(text.length + 1), verifier), undefined, 'a wrong one spoils the note');
  t.end();
});

test('what is no note is not read as one', (t) => {
  const bad = [
    '',
    text,
    `${text}\n`,
    signed.slice(0, -1),
    signed.replace('\u2014', '-'),
    signed.replace('\u2014 ', '\u2014'),
    signed.replace('PeterNeumann ', 'Peter+Neumann '),
    signed.replace('is.\n', 'is.\r\n'),
    signed.replace('problem,', 'problem\t'),
    signed.replace('nAM=', 'nAM'),
    signed.replace('nAM=', 'nAN='),
    `${signed}trailing\n`,
    `${text}\n\u2014 PeterNeumann x08goA==\n`,
    text + '\n' + '\u2014 a x08go/ZJkuBS9UG/\n'.repeat(101),
  ];
  for (const note of bad) t.equal(parseNote(note), null, JSON.stringify(note.slice(-40)));
  t.ok(parseNote(`one\n\ntwo\n\n\u2014 a x08go/ZJkuBS9UG/\n`)?.text === 'one\n\ntwo\n', 'the last empty line splits');
  for (const unfit of ['no end', 'a\tb\n']) t.throws(() => signNote(unfit, keyOf('a')));
  t.end();
});

test('a key is read in its one spelling and with its own id', (t) => {
  const bad = [
    '',
    verifier.replace('c74f20a3', 'c74f20a4'),
    verifier.replace('c74f20a3', 'C74F20A3'),
    verifier.replace('ARpc', 'Apc'),
    verifier.replace('ARpc', 'ZRpc'),
    `${verifier}=`,
    verifier.replace('PeterNeumann', 'Peter Neumann'),
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  ];
  for (const key of bad) t.equal(parseVerifierKey(key), null, key);
  const key = parseVerifierKey(verifier);
  t.equal(key === null ? '' : verifierKey(key), verifier);
  t.end();
});
