// Every route, with one thing wrong at a time: it answers, says what is wrong, and has written nothing. Nothing is left
// to chance here: each fault names its request, and the next run sends the same ones.
import { t as file, test } from 'tap';
import { codeTable } from '../../api/refusal-codes.ts';
import { roleAllows } from '../../kernel/actor.ts';
import { badRequestsOf, type BadRequest } from '../hardening/bad-requests.ts';
import { type Got, headerOf, type Sent } from '../hardening/exchange.ts';
import { type Host, openHost } from '../hardening/host.ts';
import { innerNames } from '../hardening/inner-names.ts';
import { exposures, saidIn } from '../hardening/leaks.ts';
import { newMark, ownId, type Party, requestFor, seed } from '../hardening/party.ts';
import type { Route } from '../../api/route.ts';

interface Stage {
  readonly host: Host;
  readonly party: Party;
  readonly names: readonly string[];
}

async function setStage(): Promise<Stage> {
  const host = await openHost(file);
  const party = await host.found();
  await seed({ line: host.line, routes: host.routes, party });
  return { host, party, names: await innerNames(host.urls.adminUrl) };
}

const stage = setStage();

/** Null when all is well; otherwise what was wrong, with the request that shows it. */
function faultOf(bad: BadRequest, got: Got, names: readonly string[]): string | null {
  const shown = `${bad.name}: ${bad.sent.method} ${bad.sent.path.slice(0, 120)} → ${got.status} ${got.text.slice(0, 300)}`;
  if (got.status >= 500) return `failed: ${shown}`;
  if (bad.mustFail && got.status < 400) return `was accepted: ${shown}`;
  if (got.ms > 20_000) return `took ${got.ms} ms: ${shown}`;
  if (got.status < 400 || bad.sent.method === 'HEAD') return null;
  if (headerOf(got, 'content-type')?.startsWith('application/problem+json') !== true) return `no problem: ${shown}`;
  const problem = JSON.parse(got.text) as { code: string; status: number; detail: string };
  if (codeTable[problem.code] === undefined || problem.status !== got.status) return `another problem: ${shown}`;
  return exposures(got, names, saidIn(bad.sent)).length > 0 ? `tells of the inside: ${shown}` : null;
}

/** Those that must write nothing go together; of the others each goes alone, and a refused one must have written nothing. */
async function sendAll({ host, party, names }: Stage, requests: readonly BadRequest[]): Promise<string[]> {
  const position = (): Promise<number> => host.position(party.founded.tenantId);
  const faults: (string | null)[] = [];
  const before = await position();
  const [barren = [], others = []] = [true, false].map((isBarren) =>
    requests.filter(({ mustFail, sent }) => (mustFail || sent.method === 'GET') === isBarren),
  );
  for (let at = 0; at < barren.length; at += 16) {
    const group = barren.slice(at, at + 16);
    faults.push(...(await Promise.all(group.map(async (bad) => faultOf(bad, await host.line.send(bad.sent), names)))));
  }
  let stood = await position();
  if (stood !== before) faults.push(`${stood - before} events were written by what only reads or must be refused`);
  for (const bad of others) {
    const got = await host.line.send(bad.sent);
    faults.push(faultOf(bad, got, names));
    const stands = await position();
    if (got.status >= 400 && stands !== stood) faults.push(`wrote although it was refused: ${bad.name}`);
    stood = stands;
  }
  return faults.filter((fault) => fault !== null);
}

/** What archives, revokes or deletes comes last: most of what is tried on what is gone is refused for that alone. */
function sortRoutes(routes: readonly Route[]): Route[] {
  const rank = ({ write, body, method }: Route): number =>
    method === 'DELETE' ? 3 : write && body === undefined ? 2 : write ? 1 : 0;
  return routes.toSorted((one, two) => rank(one) - rank(two));
}

test('no route fails, hangs or half writes, whatever is wrong with a request', async (t) => {
  const { host, party } = await stage;
  let sent = 0;
  for (const route of sortRoutes(host.routes)) {
    const requests = badRequestsOf(route, party);
    sent += requests.length;
    t.same(await sendAll(await stage, requests), [], `${route.operation}: ${requests.length} requests`);
  }
  t.ok(sent > host.routes.length * 40, `${sent} requests`);
});

test('a cursor that was not given for this list is refused', async (t) => {
  const { host } = await stage;
  const [party, other] = [await host.found(), await host.found()];
  for (const who of [party, other]) await seed({ line: host.line, routes: host.routes, party: who });
  const lists = host.routes.filter(
    ({ query, role }) => query?.properties['cursor'] !== undefined && (role === 'public' || roleAllows(role, 'user')),
  );
  const given = new Map<string, string>();
  for (const route of lists) {
    for (const who of [party, other]) {
      const { next_cursor: next, changes_cursor: follow } = await firstPage(host, route, who);
      if (next !== null) given.set(`${route.operation} of ${who.founded.tenantId}`, next);
      given.set(`changes of ${who.founded.tenantId}`, follow);
    }
  }
  t.ok(given.size > 8, `${given.size} cursors`);
  for (const route of lists) {
    const own = `${route.operation} of ${party.founded.tenantId}`;
    const forged = [...given].flatMap(([name, cursor]) =>
      name === own ? damaged(cursor) : [cursor, ...damaged(cursor)],
    );
    const sent = [...forged, 'x', 'AAAA', 'A'.repeat(1_024)].map((cursor) => listed(route, party, cursor));
    const codes = await Promise.all(
      sent.map(async (one) => (JSON.parse((await host.line.send(one)).text) as { code: string }).code),
    );
    t.same([...new Set(codes)], ['cursor_invalid'], route.operation);
  }
});

function listed(route: Route, who: Party, cursor: string | null): Sent {
  const query = new URLSearchParams({ limit: '1', ...(route.operation === 'search' ? { q: 'mark' } : {}) });
  if (cursor !== null) query.set('cursor', cursor);
  const id = (name: string) => ownId(who, name, route);
  const sent = requestFor(route, { key: who.founded.userKey, text: newMark, id }, query.toString());
  return sent as Sent;
}

async function firstPage(
  host: Host,
  route: Route,
  who: Party,
): Promise<{ next_cursor: string | null; changes_cursor: string }> {
  return JSON.parse((await host.line.send(listed(route, who, null))).text) as Awaited<ReturnType<typeof firstPage>>;
}

function damaged(cursor: string): string[] {
  const swapped = cursor.startsWith('A') ? 'B' : 'A';
  return [
    cursor.slice(1),
    cursor.slice(0, -1),
    swapped + cursor.slice(1),
    cursor + cursor,
    `${cursor}A`,
    cursor.toLowerCase() + swapped,
  ];
}
