// Of each route: a request that is good, then with one thing wrong.
import type { Route } from '../../api/route.ts';
import { newId } from '../../kernel/id.ts';
import { normalText } from '../../kernel/text.ts';
import {
  badBodies,
  badCredentials,
  badHeaders,
  badIds,
  badJson,
  badQuery,
  badTypes,
  oddHeaders,
} from './bad-values.ts';
import type { Sent } from './exchange.ts';
import { newMark, ownId, type Party, requestFor } from './party.ts';
import { fits, isIdShape, type Leaf, leavesOf, makeValue, type Shape, textFor, withValue } from './shapes.ts';

export interface BadRequest {
  readonly name: string;
  readonly sent: Sent;
  /** True when no good server accepts it; otherwise it may be taken for what it is, and must only do no harm. */
  readonly mustFail: boolean;
}

const place = '"the place that is changed"';

export function badRequestsOf(route: Route, party: Party): BadRequest[] {
  const id = (name: string): string => ownId(party, name, route) ?? newId();
  const good = requestFor(route, { key: party.founded.userKey, text: newMark, id });
  if (good === null) throw new Error(`${route.operation} cannot be called`);
  return [
    ...badPaths(route, good),
    ...badQueries(route, good),
    ...badHeads(route, good),
    ...(route.body === undefined
      ? unwantedBodies(route, good)
      : [...wrongBodies(route, good), ...wrongPlaces(route, good, id)]),
  ];
}

function badPaths(route: Route, good: Sent): BadRequest[] {
  const steps = route.url.split('/');
  return steps.flatMap((step, at) => {
    if (!step.startsWith(':')) return [];
    const own = good.path.split('/')[at] as string;
    return badIds(own).map((bad) => ({
      name: `${step} is ${bad.slice(0, 60)}`,
      sent: { ...good, path: good.path.split('/').with(at, bad).join('/') },
      // A page of a code takes any name; an encoded hyphen is the same path; one that ends otherwise may be another's.
      mustFail: step.endsWith('_id') && route.method !== 'GET' && !bad.includes('%2d'),
    }));
  });
}

function badQueries(route: Route, good: Sent): BadRequest[] {
  const withQuery = (query: string): Sent => ({ ...good, path: `${good.path}?${query}` });
  const declared = Object.entries((route.query?.properties ?? {}) as Record<string, Shape>);
  const isOpen = route.role === 'public';
  return [
    ...['unknown=1', '__proto__=1', 'constructor=1', '%ff=1', 'a'.repeat(8_000)].map((query) => ({
      name: `the query is ${query.slice(0, 20)}`,
      sent: withQuery(query),
      mustFail: !isOpen,
    })),
    ...['', '?', '&&&', '=', '#x'].map((query) => ({
      name: `the query is ${query}`,
      sent: withQuery(query),
      mustFail: false,
    })),
    ...declared.flatMap(([name, shape]) => badParameters(name, shape, withQuery)),
  ];
}

function badParameters(name: string, shape: Shape, withQuery: (query: string) => Sent): BadRequest[] {
  const values = badQuery.map((value) => ({
    name: `${name} is ${value.slice(0, 40)}`,
    sent: withQuery(`${name}=${value}`),
    mustFail: !mayFit(shape, value),
  }));
  const twice = {
    name: `${name} stands twice`,
    sent: withQuery(`${name}=1&${name}=1`),
    mustFail: shape.type !== 'array',
  };
  const listed = { name: `${name} is a list`, sent: withQuery(`${name}[]=1`), mustFail: true };
  // A reader that waits is a good one, and would only hold up the others.
  return [...values, twice, listed].filter(({ sent }) => !/wait=[1-9]/.test(sent.path));
}

function mayFit(shape: Shape, value: string): boolean {
  let text: string;
  try {
    text = normalText(decodeURIComponent(value.replaceAll('+', ' ')));
  } catch {
    return false;
  }
  const single = shape.type === 'array' ? (shape.items ?? {}) : shape;
  if (single.type === 'integer') return /^-?(?:0|[1-9]\d{0,15})$/.test(text) && fits(single, Number(text));
  return single.type === 'boolean' ? /^(?:true|false)$/.test(text) : fits(single, text);
}

function badHeads(route: Route, good: Sent): BadRequest[] {
  const withHeader = (name: string, value: string): Sent => ({ ...good, headers: { ...good.headers, [name]: value } });
  const isOpen = route.role === 'public';
  const isRead = (name: string): boolean => !isOpen && (name === 'loopledger-min-position' || route.write);
  return [
    ...badHeaders.map(([name, value]) => ({
      name: `${name} is ${value.slice(0, 40)}`,
      sent: withHeader(name, value),
      mustFail: isRead(name),
    })),
    ...oddHeaders.map(([name, value]) => ({
      name: `${name} is ${value.slice(0, 40)}`,
      sent: withHeader(name, value),
      mustFail: false,
    })),
    ...badCredentials.map((value) => ({
      name: `the credential is ${value.slice(0, 30)}`,
      sent: withHeader('authorization', value),
      mustFail: !isOpen,
    })),
  ];
}

function unwantedBodies(route: Route, good: Sent): BadRequest[] {
  const json = { ...good.headers, 'content-type': 'application/json' };
  return ['{}', '{"a":1}', '[]', 'x'].map((body) => ({
    name: `a body of ${body} that nobody asked for`,
    sent: { ...good, headers: json, body },
    mustFail: route.write,
  }));
}

function wrongBodies(route: Route, good: Sent): BadRequest[] {
  // A body of which every member may be left out may be left out itself.
  const mayMiss = (route.body?.required?.length ?? 0) === 0;
  const withType = (type: string): Sent => ({ ...good, headers: { ...good.headers, 'content-type': type } });
  return [
    ...badBodies.map(([name, body]) => ({
      name: `the body is ${name}`,
      sent: { ...good, body },
      mustFail: name !== 'nothing' || !mayMiss,
    })),
    ...badTypes.map((type) => ({ name: `the type is ${type}`, sent: withType(type), mustFail: true })),
    {
      name: 'the body is said to be compressed',
      sent: { ...good, headers: { ...good.headers, 'content-encoding': 'gzip' } },
      mustFail: true,
    },
  ];
}

interface Wrong {
  readonly name: string;
  readonly body: string;
  readonly mustFail?: boolean;
}

function wrongPlaces(route: Route, good: Sent, id: (name: string) => string): BadRequest[] {
  const shape = route.body as Shape;
  const whole = makeValue(shape, (leaf) => valueAt(leaf, id)) as Record<string, unknown>;
  const wrongs: Wrong[] = [
    ...leavesOf(shape).flatMap(({ path }) => badJson.map((raw) => wrongPlace(shape, whole, path, raw))),
    ...(shape.required ?? []).map((name) => {
      const { [name]: _gone, ...rest } = whole;
      return { name: `${name} is missing`, body: JSON.stringify(rest) };
    }),
    ...wrongMembers(whole),
    ...overfull(shape, whole),
  ];
  return wrongs.map(({ name, body, mustFail = true }) => ({ name, sent: { ...good, body }, mustFail }));
}

function valueAt(leaf: Leaf, id: (name: string) => string): unknown {
  if (isIdShape(leaf.shape)) return id(String(leaf.path.at(-1)));
  return textFor(leaf, newMark()) ?? undefined;
}

function wrongPlace(shape: Shape, whole: unknown, path: Leaf['path'], raw: string): Wrong {
  const body = JSON.stringify(withValue(whole, path, JSON.parse(place))).replace(place, () => raw);
  return { name: `${path.join('/')} is ${raw.slice(0, 50)}`, body, mustFail: !mayBeTaken(shape, body) };
}

function mayBeTaken(shape: Shape, body: string): boolean {
  try {
    return fits(shape, JSON.parse(normalText(body)));
  } catch {
    return false;
  }
}

function wrongMembers(whole: Record<string, unknown>): Wrong[] {
  // A body of which nothing is asked has no member that could come twice; whatever stands in it is unknown.
  const [first, value] = Object.entries(whole)[0] ?? ['unknown', 1];
  const members = {
    unknown: '"unknown":1',
    'there twice': `"${first}":${JSON.stringify(value)}`,
    'called __proto__': '"__proto__":{}',
    'an escaped __proto__': String.raw`"\u005f_proto__":{}`,
    constructor: '"constructor":{}',
    deep: `"deep":${'['.repeat(33)}${']'.repeat(33)}`,
  };
  const open = JSON.stringify(whole).slice(0, -1);
  const comma = open === '{' ? '' : ',';
  return Object.entries(members).map(([name, member]) => ({
    name: `a member is ${name}`,
    body: `${open}${comma}${member}}`,
  }));
}

/** Lists with one item more than they may have. */
function overfull(shape: Shape, whole: Record<string, unknown>): Wrong[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, { type, maxItems }]) => {
    if (type !== 'array' || maxItems === undefined) return [];
    const items = Array.from({ length: maxItems + 1 }, () => (whole[name] as unknown[])[0]);
    return [{ name: `${name} has too many items`, body: JSON.stringify({ ...whole, [name]: items }) }];
  });
}
