import { test } from 'tap';
import { startChance } from '../hardening/random.ts';
import { type Body, startTestServer, type TestServer } from '../support/server.ts';
import { planWork } from '../support/work-client.ts';

interface Report extends Body {
  readonly epics: Record<string, number>;
  readonly stories: Record<string, number>;
  readonly dependencies: Record<string, number>;
}

async function newProject(server: TestServer, key: string, slug: string): Promise<string> {
  const { body } = await server.say('POST', '/api/v1/projects', { key, body: { name: slug, slug } });
  return `/api/v1/projects/${body.id}`;
}

/** Epics and stories with gaps in their numbers, finer numbers, texts of all kinds, and needs that can be met. */
function randomPlan(seed: number) {
  const chance = startChance(seed);
  const text = (): string => chance.pick(['', 'plain', 'ünïcødé ✓', '"quoted" \\ and\nlines', '𝒮'.repeat(3)]);
  const numbers: string[] = [];
  return {
    format: 'loopledger-plan-1',
    epics: Array.from({ length: 1 + chance.integer(6) }, (_, at) => {
      const number = at * 3 + 1;
      const stories = Array.from({ length: chance.integer(8) }, (_, n) => {
        const own = n % 4 === 3 ? `${number}.${n}.2` : `${number}.${n * 2 + 1}`;
        const needs = [...new Set(numbers.length === 0 ? [] : [chance.pick(numbers), chance.pick(numbers)])];
        numbers.push(own);
        const criteria = [{ text: `${text()}!`, binding: chance.pick([null, 'test:it holds']) }];
        const estimate = chance.pick([null, 0, 13]);
        return {
          number: own,
          title: `t${text().trim()}`.split('\n').join(' '),
          description: text(),
          priority: chance.integer(5),
          estimate,
          criteria,
          needs,
        };
      });
      const needs = at > 0 && chance.integer(2) === 0 ? [at * 3 - 2] : [];
      return { number, title: `Epic ${number}`, description: text(), needs, stories };
    }),
  };
}

test('a plan comes out as it went in, byte for byte, in another project and another tenant', async (t) => {
  const server = await startTestServer(t);
  const [one, other] = [await server.found(), await server.found()];
  const { seed } = startChance();
  t.comment(`seed ${seed}`);
  for (let round = 0; round < 5; round += 1) {
    const plan = randomPlan(seed + round);
    const first = await newProject(server, one.userKey, `first-${round}`);
    const imported = await server.say('POST', `${first}/import`, { key: one.orchestratorKey, body: plan });
    t.equal(imported.status, 200, imported.text);
    const exported = await server.say('GET', `${first}/export`, { key: one.agentKey });
    t.equal(exported.headers.get('loopledger-position'), imported.headers.get('loopledger-position'));
    for (const { userKey, slug } of [
      { ...one, slug: `second-${round}` },
      { ...other, slug: `third-${round}` },
    ]) {
      const place = await newProject(server, userKey, slug);
      await server.say('POST', `${place}/import`, { key: userKey, body: exported.text });
      t.equal((await server.say('GET', `${place}/export`, { key: userKey })).text, exported.text, slug);
    }
    const sorted = (exported.body as unknown as typeof plan).epics;
    t.equal(sorted.length, plan.epics.length);
    t.equal(sorted.flatMap(({ stories }) => stories).length, plan.epics.flatMap(({ stories }) => stories).length);
    t.equal(exported.text, (await server.say('GET', `${first}/export`, { key: one.userKey })).text);
  }
});

test('what was made one by one is exported, merged back without an event, and orphans are told', async (t) => {
  const { say, project, stories } = await planWork(await startTestServer(t));
  await say('POST', `/stories/${stories[3]?.id}/dependencies`, { body: { needs: stories[0]?.id } });
  await say('POST', `/stories/${stories[1]?.id}/archive`);
  const place = `/projects/${project.id}`;
  const exported = await say('GET', `${place}/export`);
  t.match(exported.body, {
    epics: [
      { number: 1, title: 'Launch', stories: [{ number: '1.1' }] },
      { number: 2, stories: [{ number: '2.1' }, { number: '2.2', needs: ['1.1'] }] },
    ],
  });
  const before = exported.headers.get('loopledger-position');
  const merged = await say('POST', `${place}/import?mode=merge`, { body: exported.text });
  t.equal(merged.headers.get('loopledger-position'), before);
  t.match(merged.body, {
    epics: { unchanged: 2 },
    stories: { unchanged: 3 },
    orphans: { stories: 1, numbers: ['1.2'] },
  });
  const part = await say('GET', `${place}/export?from_epic=2`);
  t.strictSame(
    (part.body['epics'] as Body[]).map((epic) => epic['number']),
    [2],
  );
});

test('an import is in the log whole or not at all, and its repetition is the first answer', async (t) => {
  const { say, project } = await planWork(await startTestServer(t));
  const place = `/projects/${project.id}`;
  const before = (await say('GET', `${place}/export`)).text;
  const faulty = { epics: [{ title: 'right', stories: [{ title: 'right' }, { title: 'wrong', needs: ['7.7'] }] }] };
  const refused = await say('POST', `${place}/import`, { body: faulty });
  t.match(refused, { status: 422, body: { code: 'plan_faulty' } });
  t.match(refused.body['errors'], [{ pointer: '/epics/0/stories/1/needs/0', code: 'plan_reference_unknown' }]);
  t.equal((await say('GET', `${place}/export`)).text, before);
  const right = { body: { epics: [{ title: 'Return' }] }, headers: { 'idempotency-key': 'plan' } };
  const dry = await say('POST', `${place}/import?dry_run=true`, { body: right.body });
  t.match(dry.body, { dry_run: true, epics: { created: 1 } });
  t.equal((await say('GET', `${place}/export`)).text, before);
  const first = await say('POST', `${place}/import`, right);
  const again = await say('POST', `${place}/import`, right);
  t.strictSame(again.body, first.body);
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.equal(((await say('GET', `${place}/export`)).body['epics'] as unknown[]).length, 3);
});

test('a body that has not the shape of a plan is told of at every item, however large it is', async (t) => {
  const { say, project } = await planWork(await startTestServer(t));
  const good = { title: 'good', description: 'x'.repeat(20_000) };
  const stories = [
    good,
    { title: '' },
    good,
    good,
    good,
    { titel: 'x' },
    good,
    { title: 'y', priority: 9, estimate: -1 },
  ];
  const refused = await say('POST', `/projects/${project.id}/import`, { body: { epics: [{ title: 'one', stories }] } });
  t.equal(refused.body.code, 'body_invalid');
  const places = (refused.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
  for (const place of ['1/title', '5/title', '5/titel', '7/priority', '7/estimate']) {
    t.ok(places.includes(`/epics/0/stories/${place}`), place);
  }
});

/** As much as one import takes: every story needs the one before it, every epic the one before it. */
function largestPlan() {
  return {
    epics: Array.from({ length: 500 }, (_, epic) => ({
      number: epic + 1,
      title: `Epic ${epic + 1}`,
      needs: epic === 0 ? [] : [epic],
      stories: Array.from({ length: 10 }, (_, n) => ({
        number: `${epic + 1}.${n + 1}`,
        title: `Story ${n + 1}`,
        description: 'What is to be done, and why. '.repeat(20),
        criteria: [{ text: 'It holds.', binding: 'test:it holds' }],
        needs: n === 0 ? [] : [`${epic + 1}.${n}`],
      })),
    })),
  };
}

test('500 epics, 5,000 stories and 4,999 dependencies are imported, exported and merged in seconds', async (t) => {
  const server = await startTestServer(t);
  const { userKey: key } = await server.found();
  const place = await newProject(server, key, 'large');
  const took = async (path: string, method: string, body?: unknown) => {
    const begun = performance.now();
    const heard = await server.say(method, `${place}${path}`, body === undefined ? { key } : { key, body });
    return { ...heard, ms: Math.round(performance.now() - begun) };
  };
  const imported = await took('/import', 'POST', largestPlan());
  t.match(imported, { status: 200, body: { stories: { created: 5_000 }, dependencies: { added: 4_999 } } });
  const exported = await took('/export', 'GET');
  t.equal(exported.status, 200);
  const merged = await took('/import?mode=merge', 'POST', exported.text);

  t.match(merged, { status: 200, body: { epics: { unchanged: 500 }, stories: { unchanged: 5_000 } } });
  const report = merged.body as Report;
  t.equal(report.dependencies['unchanged'], 4_999);
  const times = { import: imported.ms, export: exported.ms, merge: merged.ms, bytes: exported.text.length };
  t.comment(JSON.stringify(times));
  t.ok(imported.ms < 60_000 && merged.ms < 60_000 && exported.ms < 30_000, JSON.stringify(times));
});
