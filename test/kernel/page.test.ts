import { test } from 'tap';
import { Type } from 'typebox';
import { listOf, pageQuery } from '../../kernel/page.ts';

test('the query of a list takes its filters, a limit, a cursor and nothing else', (t) => {
  const query = pageQuery({ status: Type.Optional(Type.String()) });
  t.same(Object.keys(query.properties).sort(), ['count', 'cursor', 'limit', 'status']);
  t.match(query, { additionalProperties: false, properties: { limit: { maximum: 200 } } });
  t.end();
});

test('every list answers in the same shape', (t) => {
  const list = listOf(Type.String());
  t.match(list, { additionalProperties: false, required: ['data', 'next_cursor', 'changes_cursor'] });
  t.end();
});
