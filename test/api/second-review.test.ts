import { test } from 'tap';
import { emptyBaseline, learn, wholeTenant } from '../../policies/signal.ts';
import { signalLookups } from '../../projections/signal.ts';
import { type Body, startTestServer } from '../support/server.ts';
import { asUsual, noFindings, ok, openShop, passing } from '../support/shop.ts';

test('work that says nothing of itself is reviewed by two strangers before anybody verifies it', async (t) => {
  const server = await startTestServer(t);
  const shop = await openShop(server);
  const [story] = shop.plan.stories as [Body];
  const [worker, first] = [await shop.send('agent'), await shop.send('agent')];
  const verifier = await shop.send('orchestrator');
  await shop.takeOn(worker, story);
  const handed = await ok(shop.act(worker, story, 'request-review', { body: { commit: '1f0e2d3' } }));
  t.match(handed.body['custody'], { signals: null, suspicion: 100, second_review: { status: 'due' } });
  const second = await shop.send('agent');
  await shop.report(first, story);
  const reviewed = await shop.review(first, story);
  t.match(reviewed.body['custody'], {
    second_review: { status: 'open', reviewer: { lineage: [second.dispatchId] } },
    verifier: null,
  });
  const early = await shop.act(verifier, story, 'verify', { body: passing });
  t.match(early, { status: 409, body: { code: 'second_review_missing', remediation: { next_actions: [] } } });
  const { body: own } = await server.say('GET', '/api/v1/stories/mine', { key: second.key });
  t.same(
    own.data.map(({ id }) => id),
    [story.id],
  );
  t.equal((await shop.act(first, story, 'review-complete', { body: noFindings })).body.code, 'self_review_blocked');
  const again = await shop.review(second, story);
  t.match(again.body['custody'], {
    second_review: { status: 'complete', review: { by: { lineage: [second.dispatchId] } } },
    verifier: { lineage: [verifier.dispatchId] },
  });
  t.match((await shop.verify(verifier, story)).body, { verified_status: 'verified' });
  const { body: history } = await server.say('GET', `/api/v1/stories/${story.id}/history`, { key: worker.key });
  const types = history.data.map(({ type }) => type);
  for (const type of ['story.second_reviewer_picked', 'story.second_review_completed']) t.ok(types.includes(type));
});

test('work as usual is reviewed once, and what was accepted is what every process takes as usual', async (t) => {
  const server = await startTestServer(t);
  const shop = await openShop(server);
  const [worker, reviewer] = [await shop.send('agent'), await shop.send('agent')];
  const verifier = await shop.send('orchestrator');
  let baseline = emptyBaseline;
  for (const story of shop.plan.stories.slice(0, 2)) {
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    await shop.report(reviewer, story);
    const reviewed = await shop.review(reviewer, story);
    t.match(reviewed.body['custody'], { signals: asUsual, suspicion: 0, second_review: null });
    await shop.verify(verifier, story);
    baseline = learn(baseline, { signals: asUsual, criteria: (story['criteria'] as unknown[]).length });
  }
  const [lookup] = signalLookups;
  const loaded = await lookup?.load(server.database, shop.plan.tenantId, wholeTenant);
  t.same(loaded?.value, baseline);
  t.equal(baseline.tokens.count, 2);
});
