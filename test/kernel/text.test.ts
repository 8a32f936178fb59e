import { test } from 'tap';
import { isVisibleAscii, normalText, pointerToken, textFault } from '../../kernel/text.ts';

test('text with line ends and tabs is accepted', (t) => {
  t.equal(textFault('one\ttwo\r\nthree'), null);
  t.equal(textFault('Grüße, 世界 🌍'), null);
  t.end();
});

test('text with any other control character is refused', (t) => {
  for (const sign of ['\u0000', '\u0001', '\u0008', '\u000b', '\u001b', '\u007f', '\u0085', '\u009f']) {
    t.equal(textFault(`a${sign}b`), 'text_control', `U+${sign.charCodeAt(0).toString(16)}`);
  }
  t.end();
});

test('text with half a surrogate pair is refused', (t) => {
  t.equal(textFault('a\ud800b'), 'text_malformed');
  t.equal(textFault('\udc00'), 'text_malformed');
  t.end();
});

test('two spellings of one word become one text', (t) => {
  t.equal(normalText('e\u0301'), '\u00e9');
  t.equal(normalText('plain'), 'plain');
  t.end();
});

test('visible ASCII has no space and a length', (t) => {
  t.ok(isVisibleAscii('!~az09', 6));
  for (const text of ['', 'a b', 'a\n', 'ü', 'abcdefg']) t.notOk(isVisibleAscii(text, 6), JSON.stringify(text));
  t.end();
});

test('a pointer names keys with a slash or a tilde unambiguously', (t) => {
  t.equal(pointerToken('a/b~c'), 'a~1b~0c');
  t.end();
});
