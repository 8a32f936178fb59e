import { test } from 'tap';
import { Type } from 'typebox';
import { listOf, pageQuery } from '../../kernel/page.ts';

test('the query of a list takes its filters, a limit, a cursor and nothing else', (t) => {
  const query = pageQuery({ status: Type.Optional(Type.String()) });
  t.same(Object.keys(query.properties).sort(), ['count', 'cursor', 'limit', 'status']);
  t.equal(query.additionalProperties, false);
  t.equal(query.properties.limit.maximum, 200);
  t.end();
});

test('every list answers in the same shape', (t) => {
  const list = listOf(Type.String());
  t.same(list.required, ['data', 'next_cursor', 'changes_cursor']);
  t.equal(list.additionalProperties, false);
  t.end();
});
