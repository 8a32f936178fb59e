import { test } from 'tap';
import { isHonestPick, type Pick } from '../../kernel/pick.ts';
import { mintRoot } from '../support/dispatch.ts';
import { type Body, type Heard, shareTestServer } from '../support/server.ts';
import { echoOf, type Hand, ok, openShop, tokenOf } from '../support/shop.ts';

const actionsOf = ({ body }: Heard): string[] =>
  (body['next_actions'] as { action: string }[]).map((one) => one.action);

test('a story lives from contract to verification by three roots, and each reply says what comes next', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const [worker, reviewer, verifier] = [
    await shop.send('agent'),
    await shop.send('agent'),
    await shop.send('orchestrator'),
  ];
  const contracted = await ok(shop.act(worker, story, 'contract', { body: echoOf(story) }));
  t.match(contracted.body, { agent_status: 'contracted', capabilities: [] });
  t.same(actionsOf(contracted), ['claim']);
  const claimed = await ok(shop.act(worker, story, 'claim', { body: { lease_seconds: 60 } }));
  t.match(claimed.body, { agent_status: 'assigned', custody: { fence: 1 }, capabilities: [{ act: 'start' }] });
  const started = await ok(shop.act(worker, story, 'start', { capability: tokenOf(claimed) }));
  t.same(actionsOf(started), ['heartbeat', 'unclaim', 'add_artifact', 'request_review']);
  await ok(shop.act(worker, story, 'heartbeat', { body: { note: 'half' } }));
  const artifact = { name: 'Log', url: 'https://example.com/log' };
  await ok(shop.act(worker, story, 'artifacts', { body: { artifact } }));
  const handed = await ok(shop.act(worker, story, 'request-review', { body: { commit: '1f0e2d3' } }));
  t.match(handed.body, { agent_status: 'in_review', custody: { commit: '1f0e2d3', artifacts: [artifact] } });
  t.match(handed.body['custody'], { reviewer: { lineage: [reviewer.dispatchId] } });
  t.same([handed.body['capabilities'], actionsOf(handed)], [[], []], 'others are granted what is not shown here');
  const next = await server.say('GET', `/api/v1/stories/${story.id}/next-actions`, { key: reviewer.key });
  t.same(actionsOf(next), ['report', 'collect_capability']);
  await shop.report(reviewer, story);
  const reviewed = await shop.review(reviewer, story);
  t.match(reviewed.body['custody'], {
    verifier: { lineage: [verifier.dispatchId] },
    review: { findings: 1, fixes: 1 },
  });
  const capability = await shop.collect(verifier, story, 'verify');
  const body = { result: 'pass', evidence: 'All tests passed' };
  const verified = await ok(shop.act(verifier, story, 'verify', { body, capability }));
  t.match(verified.body, { agent_status: 'reported_done', verified_status: 'verified', verified_method: 'attested' });
  const { capabilities: _capabilities, next_actions: _actions, ...shown } = verified.body;
  t.strictSame((await server.say('GET', `/api/v1/stories/${story.id}`, { key: worker.key })).body, shown);
  t.match(await shop.act(verifier, story, 'verify', { body, capability }), {
    status: 409,
    body: { code: 'story_verified' },
  });
  await t.test('the picks can be drawn again from the log', async (t) => {
    const { body: page } = await server.say('GET', '/api/v1/changes?since=0&limit=200', { key: shop.plan.userKey });
    const facts = page.data as unknown as {
      type: string;
      data: Pick & { commitment: string; next_commitment: string };
    }[];
    let commitment = facts.find(({ type }) => type === 'draw.committed')?.data.commitment ?? '';
    const picks = facts.filter(({ type }) => type === 'draw.picked');
    t.equal(picks.length, 2);
    for (const { data } of picks) {
      t.ok(isHonestPick(data, commitment));
      commitment = data.next_commitment;
    }
  });
});

test('a refusal of custody teaches: what went wrong, and the calls that would succeed', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const worker = await shop.send('agent');
  const early = await shop.act(worker, story, 'claim');
  t.match(early, { status: 409, body: { code: 'story_not_contracted' } });
  t.match(early.body['remediation'], {
    description: /contract/i,
    next_actions: [
      {
        action: 'contract',
        method: 'POST',
        path: `/api/v1/stories/${story.id}/contract`,
        required_body: { title: { from: { get: `/api/v1/stories/${story.id}`, pointer: '/title' } } },
        preconditions: [],
        learn_more: /\/docs#contractStory$/,
      },
    ],
    learn_more: /\/errors\/story_not_contracted$/,
  });
  const keyless = await server.say('POST', `/api/v1/stories/${story.id}/claim`, { key: shop.plan.agentKey });
  t.match(keyless, { status: 403, body: { code: 'dispatch_required', remediation: { next_actions: [] } } });
  await shop.takeOn(worker, story);
  await ok(shop.act(worker, story, 'request-review', { body: { commit: '1f0e2d3' } }));
  t.match(await shop.act(worker, story, 'report'), { status: 409, body: { code: 'self_report_blocked' } });
  t.match((await server.say('GET', `/api/v1/stories/${story.id}`, { key: worker.key })).body['custody'], {
    waits_for: 'reviewer',
  });
  const orchestrator = await shop.send('orchestrator');
  t.match(await shop.act(orchestrator, story, 'draw'), { status: 409, body: { code: 'nobody_unrelated' } });
  const reviewer = await shop.send('agent');
  t.match((await ok(shop.act(orchestrator, story, 'draw'))).body['custody'], {
    waits_for: null,
    reviewer: { lineage: [reviewer.dispatchId] },
  });
});

test('of fifty agents who claim one story at once, one wins and none sees a fault', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const hands = await Promise.all(Array.from({ length: 50 }, () => shop.send('agent')));
  await ok(shop.act(hands[0] as Hand, story, 'contract', { body: echoOf(story) }));
  const answers = await Promise.all(hands.map((hand) => shop.act(hand, story, 'claim')));
  t.equal(answers.filter(({ status }) => status === 200).length, 1);
  t.equal(answers.filter(({ body }) => body.code === 'story_already_claimed').length, 49);
  const history = await server.say('GET', `/api/v1/stories/${story.id}/history`, { key: shop.plan.userKey });
  t.equal(history.body.data.filter((event) => event['type'] === 'story.claimed').length, 1);
});

test('a repeat of an act with its key gives the first answer, capability included, to nobody else', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const [worker, other] = [await shop.send('agent'), await shop.send('agent')];
  await ok(shop.act(worker, story, 'contract', { body: echoOf(story) }));
  const claim = (by: Hand) =>
    server.say('POST', `/api/v1/stories/${story.id}/claim`, {
      key: by.key,
      body: {},
      headers: { 'idempotency-key': 'claim-1' },
    });
  const first = await ok(claim(worker));
  const again = await ok(claim(worker));
  t.equal(again.headers.get('idempotency-replayed'), 'true');
  t.strictSame(again.body, first.body);
  t.equal((await claim(other)).body.code, 'story_already_claimed');
});

test('a backfilled story is rejected, revised and deleted like every other', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const auditor = await shop.send('orchestrator');
  const [rejected, revised, deleted] = shop.plan.stories as [Body, Body, Body];
  const body = { reason: 'Done before', evidence_url: 'https://example.com/1' };
  const backfill = { key: shop.plan.userKey, dispatchId: '', agentId: '' };
  for (const story of [rejected, revised, deleted]) await ok(shop.act(backfill, story, 'backfill', { body }));
  const one = await ok(shop.act(auditor, rejected, 'reject', { body: { reason: 'It was not' } }));
  t.match(one.body, { agent_status: 'pending', verified_status: 'rejected', verified_method: null });
  const criteria = { criteria: [{ text: 'It holds', binding: null }] };
  const other = await shop.plan.say('PUT', `/stories/${revised.id}/criteria`, { body: criteria });
  t.match(other.body, { agent_status: 'pending', verified_status: 'unverified' });
  t.equal((await shop.plan.say('DELETE', `/stories/${deleted.id}`)).status, 204);
});

test('a dispatch for one story may do nothing with another, and is told nothing', async (t) => {
  const server = await shareTestServer(t);
  const shop = await openShop(server);
  const [own, other] = shop.plan.stories as [Body, Body];
  const { secret } = await mintRoot(server.ledger, {
    tenantId: shop.plan.tenantId,
    role: 'agent',
    story_id: own.id,
  });
  const hand = { key: secret };
  t.match(await shop.act(hand, other, 'contract', { body: echoOf(other) }), { body: { code: 'story_scope_exceeded' } });
  const next = (story: Body) => server.say('GET', `/api/v1/stories/${story.id}/next-actions`, { key: secret });
  t.same(actionsOf(await next(other)), []);
  t.same(actionsOf(await next(own)), ['contract']);
});
