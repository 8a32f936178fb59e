import { type Test, test } from 'tap';
import { renameKey } from '../../commands/key.ts';
import { KeyRenamed } from '../../events/key.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from './given.ts';
import { keyCreated, keyRef } from './tenancy.ts';

const renamed = (name: string) => record(KeyRenamed, keyRef(1), { name }, null);
const command = { key_id: idOf(1), name: 'new' };

/** Whether a spec would fail its test. */
function isRed(spec: (t: Test) => void): boolean {
  let red = false;
  const note = (same: boolean): void => void (red ||= !same);
  const observer = {
    equal: (found: unknown, wanted: unknown) => note(found === wanted),
    strictSame: (found: unknown, wanted: unknown) => note(JSON.stringify(found) === JSON.stringify(wanted)),
  };
  try {
    spec(observer as unknown as Test);
  } catch {
    return true;
  }
  return red;
}

test('a spec is red when events are missing, other than told, too many, or of no known shape', (t) => {
  const made = keyCreated(1);
  t.notOk(isRed((observer) => given(observer, made).when(renameKey, command).thenEvents(renamed('new'))));
  t.ok(isRed((observer) => given(observer, made).when(renameKey, command).thenEvents()));
  t.ok(isRed((observer) => given(observer, made).when(renameKey, command).thenEvents(renamed('old'))));
  t.ok(isRed((observer) => given(observer, made, renamed('new')).when(renameKey, command).thenEvents(renamed('new'))));
  const blank = { ...command, name: ' ' };
  t.ok(isRed((observer) => given(observer, made).when(renameKey, blank).thenEvents(renamed(' '))));
  t.end();
});

test('a spec is red when a refusal is another one, or missing, or not expected', (t) => {
  t.notOk(isRed((observer) => given(observer).when(renameKey, command).thenRefused('key_not_found')));
  t.ok(isRed((observer) => given(observer).when(renameKey, command).thenRefused('key_role_taken')));
  t.ok(isRed((observer) => given(observer, keyCreated(1)).when(renameKey, command).thenRefused('key_not_found')));
  t.ok(isRed((observer) => given(observer).when(renameKey, command).thenEvents()));
  t.end();
});
