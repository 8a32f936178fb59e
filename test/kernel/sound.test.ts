import { test } from 'tap';
import { canonicalJson } from '../../kernel/canonical.ts';
import { soundJson, soundText } from '../../kernel/sound.ts';

test('halves of characters and NUL give way, and nothing else does', (t) => {
  t.equal(soundText('a\ud83d\0b\udc00c'), 'a\uFFFD\uFFFDb\uFFFDc');
  for (const text of ['', 'plain', '😀', 'e\u0301', '\u0001\t\n', '\uFFFD']) t.equal(soundText(text), text);
  const value = { one: ['\ud83d', 1, true, null, { 'k\0': '\0' }], two: undefined, three: '😀' };
  const sound = soundJson(value);
  t.same(sound, { one: ['\uFFFD', 1, true, null, { 'k\uFFFD': '\uFFFD' }], two: undefined, three: '😀' });
  t.doesNotThrow(() => canonicalJson(sound));
  t.throws(() => canonicalJson(value));
  t.end();
});
