// A tenant as its own API fills it: every text that it may write is a mark which nobody else ever has a reason to show.
import { randomBytes } from 'node:crypto';
import type { Route } from '../../api/route.ts';
import type { Root } from '../support/dispatch.ts';
import type { Founded } from '../support/server.ts';
import type { Got, Line, Sent } from './exchange.ts';
import { fits, isIdShape, type Leaf, leavesOf, leftOut, makeValue, textFor } from './shapes.ts';

export interface Party {
  readonly founded: Founded;
  /** Secrets of one key of each kind that there is, the most powerful first. */
  readonly keys: readonly string[];
  /** Agents of two roots. The last of `keys` is an orchestrator of a third. */
  readonly hands: { readonly worker: string; readonly reviewer: string };
  /** By the name of the parameter: `story_id`. The last one is the newest. */
  readonly ids: Map<string, string[]>;
  /** Marks in texts that were accepted. */
  readonly marks: Set<string>;
  /** Marks in headers, which logs may show: ids of requests and of commands. */
  readonly headerMarks: Set<string>;
  /** Every id that one of its answers held. */
  readonly uuids: Set<string>;
  /** Places of bodies that were filled and accepted: `createStory title`. */
  readonly filled: Set<string>;
}

export const markShape = /mark[0-9a-z]{20}/g;
const uuidShape = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Fits names, slugs, headers and long texts alike. */
export function newMark(): string {
  const text = BigInt(`0x${randomBytes(16).toString('hex')}`).toString(36);
  return `mark${text.slice(0, 20).padEnd(20, '0')}`;
}

export function newParty(founded: Founded, root: Root, hands: Party['hands']): Party {
  const ids = new Map([
    ['tenant_id', [founded.tenantId]],
    ['agent_id', [founded.agentId]],
    ['dispatch_id', [root.dispatchId]],
  ]);
  const keys = [founded.userKey, founded.orchestratorKey, founded.agentKey, root.secret];
  const sets = { marks: new Set<string>(), headerMarks: new Set<string>(), uuids: new Set<string>() };
  return { founded, keys, hands, ids, filled: new Set(), ...sets };
}

/** How a request is made of a route: which id stands in a place, and which text. */
export interface Choice {
  readonly id: (name: string, route: Route) => string | undefined;
  readonly text: () => string;
  readonly key: string;
}

/** Null when an id is not known yet. */
export function requestFor(route: Route, choice: Choice, query = ''): Sent | null {
  let unknown = false;
  const idOf = (name: string): string => {
    const id = choice.id(name, route);
    if (id === undefined) unknown = true;
    return id ?? '';
  };
  const url = route.url.replace(/:([a-z_]+)/g, (_, name: string) =>
    name.endsWith('_id') ? idOf(name) : `${(route.examples.params as Record<string, string> | undefined)?.[name]}`,
  );
  const path = query === '' ? url : `${url}?${query}`;
  const headers: Record<string, string> = { authorization: `Bearer ${choice.key}` };
  if (route.body === undefined) return unknown ? null : { method: route.method, path, headers };
  const body = makeValue(route.body, (leaf, isRequired) => {
    if (isIdShape(leaf.shape)) return idOf(String(leaf.path.at(-1)));
    const text = textFor(leaf, choice.text());
    if (text !== null) return text;
    const example = exampleAt(route.examples.body, leaf);
    return isRequired || example !== undefined ? example : leftOut;
  });
  headers['content-type'] = 'application/json';
  return unknown ? null : { method: route.method, path, headers, body: JSON.stringify(body) };
}

/** All of the query that a caller may say at once, but for cursors, which only answers give. */
export function queryFor(route: Route, choice: Choice): string {
  if (route.query === undefined) return '';
  const values = makeValue(route.query, ({ path, shape }) => {
    const name = String(path[0]);
    if (isIdShape(shape)) return choice.id(name, route) ?? leftOut;
    if (name === 'cursor') return leftOut;
    if (name === 'limit') return shape.maximum;
    if (name === 'wait') return 0;
    const example = exampleAt(route.examples.query, { path, shape });
    return fits(shape, example) ? example : undefined;
  }) as Record<string, unknown>;
  const pairs = Object.entries(values).flatMap(([name, value]) => [value].flat().map((item) => [name, String(item)]));
  return new URLSearchParams(pairs).toString();
}

/** Numbers of epics and stories are given by the server: those of an example are taken sooner or later. */
function exampleAt(example: unknown, { path }: Leaf): unknown {
  if (path.at(-1) === 'number') return undefined;
  let value = example;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  return value;
}

/** Places whose name does not tell what stands in them. */
const aliases: Readonly<Record<string, string>> = { parent: 'dispatch_id' };

/** The story that another one needs, and the like: not the one in the path, but one made just before it. */
export function ownId(party: Party, name: string, route: Route): string | undefined {
  const known = party.ids.get(aliases[name] ?? name);
  if (known !== undefined) return known.at(-1);
  const subject = [...route.url.matchAll(/:([a-z_]+)/g)].at(-1)?.[1] ?? '';
  return name.endsWith('_id') ? undefined : party.ids.get(subject)?.at(-2);
}

export interface Seeding {
  readonly line: Line;
  readonly routes: readonly Route[];
  readonly party: Party;
}

const passes = 4;

/** They choose among what there is, or are used up with the answer. */
const keptNowhere = new Set(['openStepUp', 'testModelEndpoint', 'setModelRouting', 'askEvaluationRun']);

/** Whether what a caller says is kept where its tenant can read it. Before there is a tenant nobody can. */
export function keepsTexts({ role, operation, body }: Route): boolean {
  return body !== undefined && role !== 'public' && !keptNowhere.has(operation);
}

/** Acts of custody follow one another by several hands, and no single key may do two of them. */
const isCustody = ({ tags }: Route): boolean => tags.includes('custody');

/** Calls every route that takes a body until each was accepted; makes two of everything, so that one can need another. */
export async function seed(seeding: Seeding): Promise<void> {
  const writers = seeding.routes.filter(
    (route) => !isCustody(route) && (keepsTexts(route) || (route.status === 201 && route.body === undefined)),
  );
  const done = new Set<Route>();
  for (let pass = 0; pass < passes; pass += 1) {
    for (const route of writers) {
      if (done.has(route)) continue;
      const first = await fillOnce(seeding, route);
      if (first && route.status === 201) await fillOnce(seeding, route);
      if (first) done.add(route);
    }
  }
}

/** With the first key that may. */
async function fillOnce(seeding: Seeding, route: Route): Promise<boolean> {
  for (const key of seeding.party.keys) if (await fillWith(seeding, route, key)) return true;
  return false;
}

async function fillWith({ line, party }: Seeding, route: Route, secret: string): Promise<boolean> {
  const marks: string[] = [];
  const text = (): string => {
    const mark = newMark();
    marks.push(mark);
    return mark;
  };
  const choice = { key: secret, text, id: (name: string) => ownId(party, name, route) };
  const sent = requestFor(route, choice);
  if (sent === null) return false;
  const [key, request] = [newMark(), newMark()];
  const got = await line.send({ ...sent, headers: { ...sent.headers, 'idempotency-key': key, 'request-id': request } });
  if (got.status >= 300) return false;
  for (const mark of marks) if (shownPart(String(sent.body)).includes(mark)) party.marks.add(mark);
  party.headerMarks.add(key).add(request);
  for (const leaf of markedLeaves(route)) party.filled.add(`${route.operation} ${leaf}`);
  learn(party, route.url, got);
  return true;
}

/** What is used up with the request, keys of others, and the tests of a run, which no model may see, are not shown. */
const unshown = ['capability', 'secret', 'tests'] as const;

export function isShown({ path }: Leaf): boolean {
  return !unshown.some((name) => name === path.at(-1));
}

function shownPart(body: string): string {
  return body.replace(/"(?:secret|tests)":"[^"]*"/g, '');
}

function markedLeaves(route: Route): string[] {
  return leavesOf(route.body ?? {})
    .filter((leaf) => isShown(leaf) && textFor(leaf, newMark()) !== null)
    .map(({ path }) => path.join('/'));
}

/** Places that were never filled, and ids that are not known: whoever adds a route has to be able to call it. */
export function unfilled({ routes, party }: Seeding): string[] {
  const ids = routes.flatMap(({ operation, url }) =>
    [...url.matchAll(/:([a-z_]+_id)/g)].flatMap(([, name = '']) =>
      party.ids.has(name) ? [] : [`${operation} :${name}`],
    ),
  );
  const wanted = routes
    .filter(keepsTexts)
    .flatMap((route) => markedLeaves(route).map((leaf) => `${route.operation} ${leaf}`));
  return [...ids, ...wanted.filter((place) => !party.filled.has(place))];
}

export function learn(party: Party, url: string, got: Got): void {
  for (const uuid of got.text.matchAll(uuidShape)) party.uuids.add(uuid[0]);
  if (got.status !== 201) return;
  const noun = (url.split(/[/]|-(?=endpoints$)/).at(-1) ?? '').replaceAll('-', '_');
  const { id } = JSON.parse(got.text) as { readonly id: string };
  // The test of a webhook is a delivery like the others.
  const name = noun === 'test' ? 'delivery_id' : `${noun.replace(/ies$/, 'y').replace(/(?<=ch)es$|s$/, '')}_id`;
  party.ids.set(name, [...(party.ids.get(name) ?? []), id]);
}
