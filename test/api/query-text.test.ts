import { test } from 'tap';
import { Type } from 'typebox';
import { parseQuery } from '../../api/http/query-text.ts';

const shape = Type.Object({
  limit: Type.Optional(Type.Integer()),
  loud: Type.Optional(Type.Boolean()),
  text: Type.Optional(Type.String()),
  tag: Type.Optional(Type.Array(Type.String())),
  size: Type.Optional(Type.Array(Type.Integer())),
});

const codes = (text: string) => parseQuery(text, shape).errors.map(({ pointer, code }) => `${pointer} ${code}`);

test('parameters get the type that the route declares', (t) => {
  const { values, errors } = parseQuery('limit=5&loud=false&text=a+b%C3%A9&tag=x&size=1&size=-2', shape);
  t.same(values, { limit: 5, loud: false, text: 'a bé', tag: ['x'], size: [1, -2] });
  t.same(errors, []);
  t.end();
});

test('a number in any other spelling stays text, for the validator to refuse', (t) => {
  for (const text of ['05', '5.0', '1e1', ' 5', '0x5', '', '+5', '99999999999999999']) {
    t.equal(typeof parseQuery(`limit=${encodeURIComponent(text)}`, shape).values['limit'], 'string', text);
  }
  t.end();
});

test('an unknown, a repeated and an unreadable parameter are each refused', (t) => {
  t.same(codes('colour=red'), ['/colour parameter_unknown']);
  t.same(codes('__proto__=1&constructor=2'), ['/__proto__ parameter_unknown', '/constructor parameter_unknown']);
  t.same(codes('limit=1&limit=2'), ['/limit parameter_repeated']);
  t.same(codes('text=%ff'), [' query_invalid']);
  t.same(codes('text=%00'), ['/text text_control']);
  t.same(codes('limit=1'.concat('&tag=a'.repeat(70))), [' query_invalid']);
  t.end();
});

test('text in a query is put into its composed form', (t) => {
  t.equal(parseQuery('text=e%CC%81', shape).values['text'], '\u00e9');
  t.end();
});

test('a route without parameters knows none', (t) => {
  t.same(
    parseQuery('a=1', undefined).errors.map(({ code }) => code),
    ['parameter_unknown'],
  );
  t.end();
});
