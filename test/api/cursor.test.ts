import { test } from 'tap';
import { makeCursors } from '../../api/cursor.ts';
import { Refusal } from '../../kernel/refusal.ts';

const cursors = makeCursors(Buffer.alloc(32, 7), 'epoch-one');

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof Refusal ? error.code : 'crashed';
  }
}

test('a cursor opens to the key that it was sealed with', (t) => {
  const cursor = cursors.seal('tenant-a', 'listStories', '{}', ['1.10', 'id', 3, null]);
  t.match(cursor, /^[A-Za-z0-9_-]+$/);
  t.same(cursors.open('tenant-a', 'listStories', '{}', cursor), ['1.10', 'id', 3, null]);
  t.end();
});

test('a cursor of another tenant, list, filter or server key is refused', (t) => {
  const cursor = cursors.seal('tenant-a', 'listStories', '{}', [1]);
  const other = makeCursors(Buffer.alloc(32, 8), 'epoch-one');
  t.equal(
    codeOf(() => cursors.open('tenant-b', 'listStories', '{}', cursor)),
    'cursor_invalid',
  );
  t.equal(
    codeOf(() => cursors.open('tenant-a', 'listEpics', '{}', cursor)),
    'cursor_invalid',
  );
  t.equal(
    codeOf(() => cursors.open('tenant-a', 'listStories', '{"status":"done"}', cursor)),
    'cursor_invalid',
  );
  t.equal(
    codeOf(() => other.open('tenant-a', 'listStories', '{}', cursor)),
    'cursor_invalid',
  );
  t.equal(
    codeOf(() => cursors.openFeed('tenant-a', cursor)),
    'cursor_invalid',
  );
  t.end();
});

test('a cursor with any one character changed is refused', (t) => {
  const cursor = cursors.seal('tenant-a', 'listStories', '{}', [1, 'two']);
  for (let at = 0; at < cursor.length; at += 1) {
    const other = cursor[at] === 'A' ? 'B' : 'A';
    const forged = cursor.slice(0, at) + other + cursor.slice(at + 1);
    t.equal(
      codeOf(() => cursors.open('tenant-a', 'listStories', '{}', forged)),
      'cursor_invalid',
      `character ${at}`,
    );
  }
  for (const text of ['', 'x', `${cursor}=`, `${cursor}A`, ` ${cursor}`, 'A'.repeat(2_000)]) {
    t.equal(
      codeOf(() => cursors.open('tenant-a', 'listStories', '{}', text)),
      'cursor_invalid',
    );
  }
  t.end();
});

test('a cursor of the feed carries its position and its history', (t) => {
  const cursor = cursors.sealFeed('tenant-a', 42);
  t.equal(cursors.openFeed('tenant-a', cursor), 42);
  t.equal(
    codeOf(() => cursors.openFeed('tenant-b', cursor)),
    'cursor_invalid',
  );
  const restored = makeCursors(Buffer.alloc(32, 7), 'epoch-two');
  t.equal(
    codeOf(() => restored.openFeed('tenant-a', cursor)),
    'cursor_epoch',
  );
  t.end();
});
