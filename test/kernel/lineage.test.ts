import { test } from 'tap';
import { mayTouch, sameActor } from '../../kernel/lineage.ts';
import { keyActor } from '../support/ledger.ts';

test('two lineages are of the same actor when they share any dispatch', (t) => {
  t.ok(sameActor(['a'], ['a', 'b']));
  t.ok(sameActor(['a', 'b'], ['a', 'c']), 'siblings');
  t.ok(sameActor(['x', 'b'], ['a', 'b']));
  t.notOk(sameActor(['a', 'b'], ['c', 'd']));
  t.end();
});

test('whoever has no lineage counts as everybody', (t) => {
  t.ok(sameActor([], ['a']));
  t.ok(sameActor(['a'], []));
  t.ok(sameActor([], []));
  t.end();
});

test('who was sent for one story touches that story and dispatches alone', (t) => {
  const sent = { ...keyActor('orchestrator'), story_id: 'one' };
  t.ok(mayTouch(sent, { type: 'story', id: 'one' }));
  t.ok(mayTouch(sent, { type: 'dispatch', id: 'any' }));
  t.notOk(mayTouch(sent, { type: 'story', id: 'two' }));
  t.notOk(mayTouch(sent, { type: 'epic', id: 'one' }));
  t.ok(mayTouch(keyActor('orchestrator'), { type: 'epic', id: 'one' }));
  t.end();
});
