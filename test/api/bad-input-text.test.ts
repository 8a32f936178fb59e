// Text that means something to a database, a shell, a browser or a reader of logs is text like any other.
import { t as file, test } from 'tap';
import type { Route } from '../../api/route.ts';
import { openHost } from '../hardening/host.ts';
import { isShown, keepsTexts, newMark, ownId, requestFor, seed } from '../hardening/party.ts';
import { fits, type Leaf, leavesOf, type Shape, textFor, withValue } from '../hardening/shapes.ts';

const texts: readonly string[] = [
  `Robert'); drop table view.stories; --`,
  `' or ''='`,
  `"; select pg_sleep(9); --`,
  `$1 $$ :name ?`,
  `100%`,
  `a_b%c\\d`,
  `\\`,
  `%`,
  `_`,
  '{{7*7}} ${7*7} #{7*7}',
  '<img src=x onerror=alert(1)>',
  '&amp;&#0;',
  '../../../etc/passwd',
  '`id` $(id) | id; id',
  `=cmd|' /C calc'!A0`,
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e309',
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  '\\u0000',
  '%00',
  '\\x00',
  '\u043c\u0430\u0440\u043a',
  'ma\ufb01a',
  '\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u4e2d\u6587',
  '\u0627\u0644\u0639\u0631\u0628\u064a\u0629',
  '\u0130',
  '\u1e9e',
  '\u200bzero width\u200b',
  '\ufffd',
  '\ue000',
  '\u{10fffd}',
  'recorded_at',
  '"\\u0001recorded_at"',
  '{"a":"b"}',
  ']},',
];

interface Body extends Record<string, unknown> {
  readonly id: string;
}

function valueAt(body: unknown, path: Leaf['path']): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], body);
}

const stage = (async () => {
  const host = await openHost(file);
  const party = await host.found();
  await seed({ line: host.line, routes: host.routes, party });
  return { host, party };
})();

interface Shown {
  readonly id?: string;
  /** Of a set; an evaluation has how many there are. */
  readonly cases?: readonly { readonly name: string }[] | number;
  readonly created?: readonly { readonly number: string }[];
  readonly verification?: unknown;
}

/** What was written, in the shape in which it was sent. An import answers what it did, and the plan is read by itself; so are
 * the texts of cases. */
async function readBack(route: Route, path: string, answer: string): Promise<unknown> {
  const parsed = JSON.parse(answer) as Shown;
  if (route.operation === 'setProjectVerification') return parsed.verification;
  const { id } = parsed;
  const cases = typeof parsed.cases === 'number' ? undefined : parsed.cases;
  if (route.operation !== 'importPlan' && cases === undefined) return parsed;
  const { host, party } = await stage;
  const read = async (place: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${party.founded.userKey}` };
    return JSON.parse((await host.line.send({ method: 'GET', path: place, headers })).text);
  };
  if (cases !== undefined) {
    const one = `/api/v1/evaluation-sets/${id}`;
    return { ...parsed, cases: await Promise.all(cases.map(({ name }) => read(`${one}/cases/${name}`))) };
  }
  const [number] = parsed.created?.map((item) => item.number) ?? [];
  return read(`${path.replace('/import', '/export')}?from_epic=${number}&to_epic=${number}`);
}

/** Each text in each place that takes it, through the route that writes it. */
async function writeAll(route: Route): Promise<{ written: number; faults: string[] }> {
  const { host, party } = await stage;
  const faults: string[] = [];
  let written = 0;
  const shape = route.body as Shape;
  const places = leavesOf(shape).filter((leaf) => isShown(leaf) && textFor(leaf, newMark()) !== null);
  for (const { path } of places) {
    for (const text of texts) {
      const id = (name: string) => ownId(party, name, route);
      const good = requestFor(route, { key: party.founded.userKey, text: newMark, id });
      const body: unknown = withValue(JSON.parse(String(good?.body)), path, text);
      if (good === null || !fits(shape, body)) continue;
      const got = await host.line.send({ ...good, body: JSON.stringify(body) });
      if (got.status === 409) continue;
      written += 1;
      const shown: unknown = valueAt(await readBack(route, good.path, got.text), path);
      if (got.status >= 300 || shown !== text)
        faults.push(`${route.operation} ${path.join('/')} ${text}: ${got.status} ${JSON.stringify(shown)}`);
    }
  }
  return { written, faults };
}

test('text of any meaning is stored and shown as it was sent', async (t) => {
  const { host } = await stage;
  let written = 0;
  // Acts of custody are open to the hands of a story alone, and their words stand in custody and not where they were said.
  const writers = host.routes.filter((one) => keepsTexts(one) && !one.tags.includes('custody'));
  for (const route of writers.filter(({ operation }) => operation !== 'enrolAuthenticator')) {
    const result = await writeAll(route);
    t.same(result.faults, [], route.operation);
    written += result.written;
  }
  t.ok(written > 300, `${written} texts`);
});

test('what was stored is read back from the database as it was sent, and found by no pattern', async (t) => {
  const { host, party } = await stage;
  const headers = { authorization: `Bearer ${party.founded.userKey}` };
  for (const text of texts.filter((one) => one.trim() === one)) {
    const name = `${text} ${newMark()}`;
    const body = JSON.stringify({ name });
    const json = { ...headers, 'content-type': 'application/json' };
    const got = await host.line.send({ method: 'POST', path: '/api/v1/agents', headers: json, body });
    const { id } = JSON.parse(got.text) as Body;
    const read = await host.line.send({ method: 'GET', path: `/api/v1/agents/${id}`, headers });
    t.equal((JSON.parse(read.text) as { name: string }).name, name);
  }
  for (const pattern of ['%25', '_', '%5C%25', '.%2A']) {
    const found = await host.line.send({ method: 'GET', path: `/api/v1/agents?name=${pattern}`, headers });
    const others = (JSON.parse(found.text) as { data: { name: string }[] }).data.filter(
      ({ name }) => name !== decodeURIComponent(pattern),
    );
    t.same(others, [], pattern);
  }
});

test('two spellings of one word are one name, two words that look alike are two', async (t) => {
  const { host, party } = await stage;
  const headers = { authorization: `Bearer ${party.founded.userKey}`, 'content-type': 'application/json' };
  const create = async (name: string) => {
    const got = await host.line.send({
      method: 'POST',
      path: '/api/v1/agents',
      headers,
      body: JSON.stringify({ name }),
    });
    return { status: got.status, name: (JSON.parse(got.text) as { name?: string }).name };
  };
  t.same(await create('re\u0301sume\u0301 \u212b'), { status: 201, name: 'r\u00e9sum\u00e9 \u00c5' });
  t.equal((await create('r\u00e9sum\u00e9 \u00c5')).status, 409);
  t.same(await create('\u0440\u0430ypal'), { status: 201, name: '\u0440\u0430ypal' });
  t.same(await create('paypal'), { status: 201, name: 'paypal' });
});
