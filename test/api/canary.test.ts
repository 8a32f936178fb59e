// Two tenants on one server. All that B ever wrote is marked, and A asks for everything that there is.
import { t as file, test } from 'tap';
import type { Route } from '../../api/route.ts';
import { checkAlike } from '../hardening/alike.ts';
import { seedCustody } from '../hardening/custody-party.ts';
import { type Host, type HostOptions, openHost } from '../hardening/host.ts';
import { innerNames } from '../hardening/inner-names.ts';
import { exposures, leaksOf, saidIn, wholeText } from '../hardening/leaks.ts';
import { type Party, seed, unfilled } from '../hardening/party.ts';
import { type Answered, sweep } from '../hardening/sweep.ts';
import { fingerprintOf } from '../hardening/tenant-tables.ts';
import { administer, type Teardown } from '../support/database.ts';

interface Stage {
  readonly host: Host;
  readonly a: Party;
  readonly b: Party;
}

async function setStage(teardown: Teardown, marks: number, options: HostOptions = {}): Promise<Stage> {
  const host = await openHost(teardown, options);
  const [a, b] = [await host.found(), await host.found()];
  for (const party of [a, b]) await seedCustody(host.line, party);
  await seed({ line: host.line, routes: host.routes, party: a });
  do await seed({ line: host.line, routes: host.routes, party: b });
  while (b.marks.size < marks);
  return { host, a, b };
}

const stage = setStage(file, 200);

function leaksIn(answers: readonly Answered[], other: Party): string[] {
  return answers.flatMap(({ route, sent, got }) =>
    leaksOf(other, wholeText(got), saidIn(sent)).map(
      (leak) => `${route.operation} ${sent.method} ${sent.path}: ${leak}`,
    ),
  );
}

/** Of each run: no list and no event shows them. */
async function testsOfRuns(host: Host, { founded }: Party): Promise<string[]> {
  const headers = { authorization: `Bearer ${founded.userKey}` };
  const read = async (path: string): Promise<string> => (await host.line.send({ method: 'GET', path, headers })).text;
  const { data } = JSON.parse(await read('/api/v1/runs?limit=200')) as { data: { id: string }[] };
  return Promise.all(data.map(({ id }) => read(`/api/v1/runs/${id}/tests`)));
}

/** Of each evaluation set, in each revision: elsewhere they are told by their digests. */
async function casesOfSets(host: Host, { founded }: Party): Promise<string[]> {
  const headers = { authorization: `Bearer ${founded.userKey}` };
  const read = async <Body>(path: string): Promise<Body> =>
    JSON.parse((await host.line.send({ method: 'GET', path: `/api/v1/evaluation-sets${path}`, headers })).text) as Body;
  const { data } = await read<{ data: { id: string; revision: number }[] }>('?limit=200');
  const places = data.flatMap(({ id, revision }) =>
    Array.from({ length: revision }, (_, index) => ({ id, query: `?revision=${index + 1}` })),
  );
  const texts = places.map(async ({ id, query }) => {
    const { cases } = await read<{ cases: { name: string }[] }>(`/${id}/cases${query}`);
    return Promise.all(cases.map(async ({ name }) => JSON.stringify(await read(`/${id}/cases/${name}${query}`))));
  });
  return (await Promise.all(texts)).flat();
}

test('every text that a route takes was filled with a mark, and the tenant itself sees all of them', async (t) => {
  const { host, b } = await stage;
  t.same(unfilled({ line: host.line, routes: host.routes, party: b }), []);
  t.ok(b.marks.size >= 200, `${b.marks.size} marks`);
  const answers = await sweep({ host, keys: [b.founded.userKey], about: [b], isSwept: ({ write }) => !write });
  const kept = [...(await testsOfRuns(host, b)), ...(await casesOfSets(host, b))];
  const shown = [...answers.map(({ got }) => got.text), ...kept].join('\n');
  t.same(
    [...b.marks].filter((mark) => !shown.includes(mark)),
    [],
  );
});

test('a search finds the marks of its own tenant, and those of no other', async (t) => {
  const { host, a, b } = await stage;
  const mark = [...b.marks].at(-1) as string;
  const search = async ({ founded }: Party): Promise<unknown[]> => {
    const headers = {
      authorization: `Bearer ${founded.userKey}`,
      'loopledger-min-position': String(await host.position(founded.tenantId)),
    };
    const got = await host.line.send({ method: 'GET', path: `/api/v1/search?q=${mark.slice(0, 4)}`, headers });
    t.same(leaksOf(founded === a.founded ? b : a, wholeText(got), ''), []);
    return (JSON.parse(got.text) as { data: unknown[] }).data;
  };
  t.ok((await search(b)).length > 2);
  t.ok((await search(a)).length > 2);
});

/** What they watched before ends by the clock, and would seem to have been taken away. */
async function endWatches(adminUrl: string, tenantId: string): Promise<void> {
  await administer(adminUrl, (client) =>
    client.query('delete from platform.run_watches where tenant_id = $1', [tenantId]),
  );
}

/** But for what the workers of the host write by the clock: they try to send B's webhooks again and again. */
async function standingOf(adminUrl: string, tenantId: string): Promise<Record<string, string>> {
  const all = Object.entries(await fingerprintOf(adminUrl, tenantId));
  return Object.fromEntries(all.filter(([name]) => !/ platform\.webhook_(?:attempts|deliveries|lanes)$/.test(name)));
}

test('no other tenant has a route that shows one of the marks, or changes anything', async (t) => {
  const { host, a, b } = await stage;
  await endWatches(host.urls.adminUrl, b.founded.tenantId);
  const before = await standingOf(host.urls.adminUrl, b.founded.tenantId);
  const answers = await sweep({ host, keys: [...a.keys, 'll_live_0'], about: [b, a, null] });
  t.ok(answers.length > host.routes.length * 8, `${answers.length} requests`);
  t.same(leaksIn(answers, b), []);
  t.same(
    answers.filter(({ got }) => got.status >= 500).map(({ sent, got }) => [sent, got.text]),
    [],
  );
  t.same(await standingOf(host.urls.adminUrl, b.founded.tenantId), before);
  const names = await innerNames(host.urls.adminUrl);
  t.same(
    answers.flatMap(({ sent, got }) => exposures(got, names, saidIn(sent))),
    [],
  );
});

test('an id of another tenant answers exactly as an id that does not exist', async (t) => {
  const { host, a, b } = await stage;
  const { findings, compared } = await checkAlike(host, a, b);
  t.same(findings, []);
  t.ok(compared > 40, `${compared} pairs`);
});

test('the log and the list of running statements show none of the marks', async (t) => {
  const { host, b } = await stage;
  const lines = host.logged.join('');
  t.ok(lines.includes(b.founded.tenantId), 'the log knows who called');
  t.same(
    [...b.marks].filter((mark) => lines.includes(mark)),
    [],
  );
});

test('a waiting reader of another tenant is not woken by a mark', async (t) => {
  const { host, a, b } = await stage;
  const headers = { authorization: `Bearer ${a.founded.userKey}` };
  const waiting = host.line.send({ method: 'GET', path: '/api/v1/changes?since=now&wait=1', headers });
  await seed({ line: host.line, routes: host.routes, party: b });
  const got = await waiting;
  t.equal(got.status, 200);
  t.same(leaksOf(b, wholeText(got), ''), []);
  t.same((JSON.parse(got.text) as { data: unknown[] }).data, []);
});

test('the requests notice when neither the statements nor the row policies keep tenants apart', async (t) => {
  const { host, a, b } = await stage;
  await administer(host.urls.adminUrl, (client) => client.query('alter table view.agents disable row level security'));
  const leaking = await openHost(t, { beside: host, bend: ['tenant_id = $1', 'tenant_id <>$1'] });
  const isSwept = ({ operation }: Route): boolean => operation === 'listAgents';
  const answers = await sweep({ host: leaking, keys: [a.founded.userKey], about: [a], isSwept });
  t.ok(leaksIn(answers, b).length > 0, JSON.stringify(answers.map(({ got }) => got.text.slice(0, 200))));
});
