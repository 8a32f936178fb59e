// Acts on many stories at once: each item has its own outcome, and together they have no more effect than alone.
import { test } from 'tap';
import { halt } from '../support/halt.ts';
import { mintRoot } from '../support/dispatch.ts';
import { type Body, shareTestServer, startTestServer, type TestServer } from '../support/server.ts';
import { echoOf, type Hand, ok, openShop, type Outcome, passing, sendCrew, type Shop } from '../support/shop.ts';

const problemOf = (outcome: Outcome | undefined): Body => {
  if (outcome === undefined || outcome.problem === null) throw new Error('the item was not refused');
  return outcome.problem;
};

const codesOf = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ problem }) => problem?.code ?? 'done');

async function typesOf(shop: Shop, story: Body, type: string): Promise<number> {
  const { body } = await shop.plan.say('GET', `/stories/${story.id}/history?limit=200`);
  return body.data.filter((event) => event['type'] === type).length;
}

/** Handed in and reviewed by the crew, so that the auditor was drawn to verify each of them. */
async function readyToVerify(shop: Shop, stories: readonly Body[]) {
  const crew = await sendCrew(shop);
  for (const story of stories) {
    await shop.takeOn(crew.worker, story);
    await shop.handIn(crew.worker, story);
    await shop.report(crew.reviewer, story);
    await shop.review(crew.reviewer, story);
  }
  return crew;
}

const verifyAll = (server: TestServer, key: string, epic: unknown, headers: Record<string, string> = {}) =>
  server.say('POST', `/api/v1/epics/${epic as string}/verify-all`, { key, body: passing, headers });

test('items of a bulk claim have outcomes of their own, in their order, as if each came alone', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [first, second, third] = shop.plan.stories as [Body, Body, Body];
  const [worker, other] = [await shop.send('agent'), await shop.send('agent')];
  for (const story of [first, second]) await shop.contract(worker, story);
  await ok(shop.act(other, second, 'claim'));
  const nobodys = first.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const items = [first, second, third, { id: nobodys }, first].map(({ id }) => ({ story_id: id, lease_seconds: 60 }));
  const { status, outcomes } = await shop.bulk(worker, 'claim', items);
  t.equal(status, 200);
  t.same(
    outcomes.map(({ story_id }) => story_id),
    items.map(({ story_id }) => story_id),
  );
  t.same(
    outcomes.map((outcome) => outcome.status),
    [200, 409, 409, 404, 409],
  );
  t.same(codesOf(outcomes), [
    'done',
    'story_already_claimed',
    'story_not_contracted',
    'story_not_found',
    'story_already_claimed',
  ]);
  t.match(outcomes[0]?.reply, { agent_status: 'assigned', custody: { fence: 1 }, capabilities: [{ act: 'start' }] });
  t.match(outcomes[2]?.problem, { remediation: { next_actions: [{ action: 'contract' }] } });
  const alone = await shop.act(worker, third, 'claim');
  const { instance: _here, ...told } = problemOf(outcomes[2]);
  const { instance: _there, ...toldAlone } = alone.body;
  t.strictSame(told, toldAlone, 'what is told of an item is what is told of it alone');
});

test('fifty bulk claims of the same stories at once have one effect on each of them', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const { stories } = shop.plan;
  const hands = await Promise.all(Array.from({ length: 50 }, () => shop.send('agent')));
  for (const story of stories) await shop.contract(hands[0] as Hand, story);
  const orders = [stories, stories.toReversed()];
  const answers = await Promise.all(
    hands.map((hand, at) =>
      shop.bulk(
        hand,
        'claim',
        (orders[at % 2] ?? []).map(({ id }) => ({ story_id: id })),
      ),
    ),
  );
  t.same([...new Set(answers.map(({ status }) => status))], [200]);
  const outcomes = answers.flatMap((answer) => answer.outcomes);
  t.equal(outcomes.length, 50 * stories.length);
  for (const story of stories) {
    const codes = codesOf(outcomes.filter(({ story_id }) => story_id === story.id));
    t.equal(codes.filter((code) => code === 'done').length, 1);
    t.equal(codes.filter((code) => code === 'story_already_claimed').length, 49);
    t.equal(await typesOf(shop, story, 'story.claimed'), 1);
  }
});

test('fifty bulk verifications with the same capabilities at once have one effect on each story', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const stories = shop.plan.stories.slice(0, 2);
  const { auditor } = await readyToVerify(shop, stories);
  const items: object[] = [];
  for (const story of stories) {
    items.push({ story_id: story.id, ...passing, capability: await shop.collect(auditor, story, 'verify') });
  }
  const answers = await Promise.all(Array.from({ length: 50 }, () => shop.bulk(auditor, 'verify', items)));
  const codes = codesOf(answers.flatMap(({ outcomes }) => outcomes));
  t.equal(codes.length, 100);
  t.equal(codes.filter((code) => code === 'done').length, 2);
  t.equal(codes.filter((code) => code === 'story_verified').length, 98);
  for (const story of stories) t.equal(await typesOf(shop, story, 'story.verified'), 1);
  const rejections = await Promise.all(
    Array.from({ length: 50 }, () =>
      shop.bulk(
        auditor,
        'reject',
        stories.map(({ id }) => ({ story_id: id, reason: 'It does not hold' })),
      ),
    ),
  );
  t.equal(codesOf(rejections.flatMap(({ outcomes }) => outcomes)).filter((code) => code === 'done').length, 2);
  for (const story of stories) t.equal(await typesOf(shop, story, 'story.rejected'), 1);
});

test('an epic is verified at once by whoever was drawn for its stories, and by nobody else', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [first, second, elsewhere] = shop.plan.stories as [Body, Body, Body];
  const epic = first['epic_id'];
  const { planner, worker, chief, auditor } = await readyToVerify(shop, [first, second, elsewhere]);
  const before = await shop.position();
  for (const hand of [planner, chief, await shop.send('orchestrator'), await shop.sendFrom(auditor, 'orchestrator')]) {
    t.same((await ok(verifyAll(server, hand.key, epic))).body, { data: [], more: false });
  }
  const { plan } = shop;
  t.equal((await verifyAll(server, worker.key, epic)).body.code, 'role_forbidden');
  t.equal((await verifyAll(server, plan.userKey, epic)).body.code, 'role_forbidden');
  t.equal((await verifyAll(server, plan.orchestratorKey, epic)).body.code, 'dispatch_required');
  t.equal((await verifyAll(server, auditor.key, first.id)).body.code, 'epic_not_found');
  const stranger = await (await openShop(server, 'elsewhere')).send('orchestrator');
  t.equal((await verifyAll(server, stranger.key, epic)).body.code, 'epic_not_found');
  const wish = { tenantId: plan.tenantId, role: 'orchestrator', story_id: first.id } as const;
  const { secret } = await mintRoot(server.ledger, wish);
  t.equal((await verifyAll(server, secret, epic)).body.code, 'story_scope_exceeded');
  for (const story of [first, second]) t.equal(await typesOf(shop, story, 'story.verified'), 0);
  t.ok((await shop.position()) - before < 10, 'but for who was sent nothing was written');

  const answers = await Promise.all(Array.from({ length: 20 }, () => verifyAll(server, auditor.key, epic)));
  t.same([...new Set(answers.map(({ status }) => status))], [200]);
  const outcomes = answers.flatMap(({ body }) => body.data as unknown as Outcome[]);
  t.equal(codesOf(outcomes).filter((code) => code === 'done').length, 2, 'each of them once');
  for (const story of [first, second]) t.equal(await typesOf(shop, story, 'story.verified'), 1);
  t.equal(await typesOf(shop, elsewhere, 'story.verified'), 0, 'nothing of another epic');
  t.match((await plan.say('GET', `/epics/${epic as string}`)).body, { is_complete: true });
});

test('a repeat of a bulk request with its key gives the outcomes of the first', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [first, second, third] = shop.plan.stories as [Body, Body, Body];
  const worker = await shop.send('agent');
  for (const story of [first, third]) await shop.contract(worker, story);
  const claim = (stories: readonly Body[]) =>
    server.say('POST', '/api/v1/stories/bulk-claim', {
      key: worker.key,
      body: { items: stories.map(({ id }) => ({ story_id: id })) },
      headers: { 'idempotency-key': 'claims-1' },
    });
  const done = await ok(claim([first, third]));
  const claimed = (id: string) => ({ status: 200, reply: { id, capabilities: [{ act: 'start' }] } });
  t.match(done.body, { data: [claimed(first.id), claimed(third.id)] });
  const again = await ok(claim([first, third]));
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.strictSame(again.body, done.body);
  t.same(codesOf((await claim([second])).body.data as unknown as Outcome[]), ['idempotency_mismatch']);
  const matched = await server.say('POST', '/api/v1/stories/bulk-claim', {
    key: worker.key,
    body: { items: [{ story_id: second.id }] },
    headers: { 'if-match': '"v1"' },
  });
  t.equal(matched.body.code, 'version_conflict');
});

test('every item counts as a request', async (t) => {
  const server = await startTestServer(t, { ratePerKey: 8 });
  const shop = await openShop(server);
  const worker = await shop.send('agent');
  const items = Array.from({ length: 12 }, () => ({ story_id: shop.plan.stories[0]?.id }));
  const { outcomes } = await shop.bulk(worker, 'claim', items);
  t.same(codesOf(outcomes), [
    ...Array.from({ length: 8 }, () => 'story_not_contracted'),
    ...Array.from({ length: 4 }, () => 'rate_limited'),
  ]);
  t.equal((await shop.act(worker, shop.plan.stories[0] as Body, 'claim')).body.code, 'rate_limited');
});

test('a request with items that nothing can be done for is a problem, and so is one without items or with too many', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const { worker, auditor } = await readyToVerify(shop, [story]);
  const [claim, verify, reject] = [
    [{ story_id: story.id }],
    [{ story_id: story.id, ...passing }],
    [{ story_id: story.id, reason: 'no' }],
  ];
  await shop.refuse(t, [
    ['no items', 'body_invalid', () => shop.bulk(worker, 'claim', [])],
    [
      'too many',
      'body_invalid',
      () =>
        shop.bulk(
          worker,
          'claim',
          Array.from({ length: 101 }, () => claim[0] ?? {}),
        ),
    ],
    [
      'no capability in the header',
      'body_invalid',
      () => shop.bulk(auditor, 'verify', [{ ...verify[0], capability: '' }]),
    ],
  ]);
  await halt(server.ledger, shop.plan.tenantId);
  await shop.refuse(t, [
    ['a claim', 'tenant_halted', () => shop.bulk(worker, 'claim', claim)],
    ['a verification', 'tenant_halted', () => shop.bulk(auditor, 'verify', verify)],
    ['a rejection', 'tenant_halted', () => shop.bulk(auditor, 'reject', reject)],
    ['an epic', 'tenant_halted', () => verifyAll(server, auditor.key, story['epic_id'])],
    ['an epic without stories', 'tenant_halted', () => verifyAll(server, auditor.key, shop.plan.epics[1]?.id)],
  ]);
  t.equal((await shop.bulk(worker, 'claim', claim)).status, 503);
  t.equal(echoOf((await shop.plan.say('GET', `/stories/${story.id}`)).body).title, story['title'], 'reads go on');
});
