import { test } from 'tap';
import { KeptOutput } from '../../sandbox/kept-output.ts';
import { LauncherOutput } from '../../sandbox/launcher.ts';

test('short output is kept whole', (t) => {
  const kept = new KeptOutput(10);
  kept.add(Buffer.from('12345'));
  kept.add(Buffer.from('67890'));
  t.same(kept.keep(), { head: '1234567890', tail: '', bytes: 10, omittedBytes: 0 });
  t.end();
});

test('of long output the ends are kept and the rest is counted, however it is cut', (t) => {
  const text = Array.from({ length: 1_000 }, (_, number) => String.fromCharCode(97 + (number % 26))).join('');
  for (const size of [1, 3, 7, 64, 999, 1_000]) {
    const kept = new KeptOutput(20);
    for (let at = 0; at < text.length; at += size) kept.add(Buffer.from(text.slice(at, at + size)));
    const expected = { head: text.slice(0, 10), tail: text.slice(-10), bytes: 1_000, omittedBytes: 980 };
    t.same(kept.keep(), expected, `in pieces of ${size}`);
  }
  t.end();
});

const nonce = 'f'.repeat(32);

function split(said: Buffer, size: number): { begun: number; output: string; launcher: LauncherOutput } {
  const seen = { begun: 0, output: '' };
  const launcher = new LauncherOutput(nonce, 1_000, {
    onBegin: () => (seen.begun += 1),
    onOutput: (chunk) => (seen.output += chunk.toString('latin1')),
  });
  for (let at = 0; at < said.length; at += size) launcher.add(said.subarray(at, at + size));
  launcher.finish();
  return { ...seen, launcher };
}

test('what a launcher says is told from what the code says, however it is cut', (t) => {
  const said = Buffer.from(`${nonce} begin\nout ${nonce.slice(1)} put${nonce} end 3 2 1\narchive`);
  for (const size of [1, 2, 5, 31, 33, 40, 500]) {
    const { begun, output, launcher } = split(said, size);
    t.equal(begun, 1);
    t.equal(output, `out ${nonce.slice(1)} put`, `in pieces of ${size}`);
    t.same(launcher.word(), {
      word: { exitCode: 3, pidsHits: 2, oomHits: 1 },
      archive: Buffer.from('archive'),
    });
  }
  t.end();
});

test('output is heard when it is said, but for what may be the first part of a mark', (t) => {
  let heard = '';
  const launcher = new LauncherOutput(nonce, 1_000, {
    onBegin: () => undefined,
    onOutput: (chunk) => (heard += chunk.toString('latin1')),
  });
  launcher.add(Buffer.from(`${nonce} begin\nshort\n`));
  t.equal(heard, 'short\n');
  launcher.add(Buffer.from('of ff'));
  t.equal(heard, 'short\nof ');
  launcher.add(Buffer.from('er\n'));
  t.equal(heard, 'short\nof ffer\n');
  t.end();
});

test('a launcher that died told nothing', (t) => {
  const early = split(Buffer.from('sh: no such thing'), 4);
  t.notOk(early.launcher.hasBegun);
  t.equal(early.output, '');
  const late = split(Buffer.from(`${nonce} begin\nfe end 0 0 0\n`), 4);
  t.ok(late.launcher.hasBegun);
  t.equal(late.output, 'fe end 0 0 0\n', 'without the mark it is output');
  t.equal(late.launcher.word(), null);
  t.equal(split(Buffer.from(`${nonce} begin\n${nonce} end zero 0 0\n`), 9).launcher.word(), null);
  t.end();
});

test('what comes after the end is bounded', (t) => {
  const { launcher } = split(Buffer.from(`${nonce} begin\n${nonce} end 0 0 0\n${'x'.repeat(5_000)}`), 100);
  t.ok((launcher.word()?.archive.length ?? 0) <= 1_000);
  t.end();
});
