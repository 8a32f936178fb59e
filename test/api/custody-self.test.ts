// Approving oneself, over HTTP: through a sub-agent, a sibling, whoever sent one, another key, or a second life.
import { test } from 'tap';
import type { Heard } from '../support/server.ts';
import { startTestServer } from '../support/server.ts';
import { type Attempt, type Hand, noFindings, ways, passing, sendCrew } from '../support/shop.ts';

for (const [way, open] of ways) {
  test(`nobody reports, reviews, verifies or rejects what came from their own root, whoever they send, ${way}`, async (t) => {
    const server = await startTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories;
    if (story === undefined) throw new Error('no story');
    const { planner, worker, helper, sibling, chief, reviewer, auditor } = await sendCrew(shop);
    const act =
      (by: Pick<Hand, 'key'>, what: string, body: object = {}) =>
      (): Promise<Heard> =>
        shop.act(by, story, what, { body });
    const family = { worker, helper, sibling };
    const asFamily = (what: string, code: string, body: object = {}): Attempt[] =>
      Object.entries(family).map(([name, hand]) => [`${name}: ${what}`, code, act(hand, what, body)]);
    const asPlanner: readonly Attempt[] = [
      ['the planner reviews', 'self_review_blocked', act(planner, 'review-complete', noFindings)],
      ['the planner verifies', 'self_verify_blocked', act(planner, 'verify', passing)],
      ['the planner collects', 'self_verify_blocked', act(planner, 'capabilities', { act: 'verify' })],
      ['the planner rejects', 'self_reject_blocked', act(planner, 'reject', { reason: 'to begin anew' })],
      ['the planner reports', 'role_forbidden', act(planner, 'report')],
      [
        'the planner backfills',
        'story_touched',
        act(planner, 'backfill', { reason: 'x', evidence_url: 'https://e.org' }),
      ],
      ['the planner draws again', 'draw_not_needed', act(planner, 'draw')],
    ];
    const keys = {
      agent: { key: shop.plan.agentKey },
      planner: { key: shop.plan.orchestratorKey },
      user: { key: shop.plan.userKey },
    };
    const withoutDispatch: readonly Attempt[] = [
      ['a key without a dispatch reports', 'dispatch_required', act(keys.agent, 'report')],
      ['a key without a dispatch reviews', 'dispatch_required', act(keys.planner, 'review-complete', noFindings)],
      ['a key without a dispatch verifies', 'dispatch_required', act(keys.planner, 'verify', passing)],
      ['a person reviews', 'dispatch_required', act(keys.user, 'review-complete', noFindings)],
      ['a person verifies', 'role_forbidden', act(keys.user, 'verify', passing)],
      ['a person reports', 'role_forbidden', act(keys.user, 'report')],
    ];
    const always = [...asFamily('verify', 'role_forbidden', passing), ...asPlanner, ...withoutDispatch];

    await shop.takeOn(worker, story);
    await shop.refuse(t, [
      ['the helper hands in', 'story_held_by_another', act(helper, 'request-review', { commit: '1f0e2d3' })],
      ['the sibling gives back', 'story_held_by_another', act(sibling, 'unclaim')],
      ['a report before anything was handed in', 'self_report_blocked', act(worker, 'report')],
      ['a verification before anything was handed in', 'story_not_reported', act(auditor, 'verify', passing)],
    ]);
    await shop.handIn(worker, story);
    const stranger = await shop.send('agent');
    await shop.refuse(t, [
      ...always,
      ...asFamily('report', 'self_report_blocked'),
      ...asFamily('review-complete', 'self_review_blocked', noFindings),
      ...asFamily('capabilities', 'self_report_blocked', { act: 'report' }),
      ...asFamily('capabilities', 'self_review_blocked', { act: 'review' }),
      ['a lineage of one’s own making', 'body_invalid', act(worker, 'report', { lineage: [] })],
      ['a party of one’s own making', 'body_invalid', act(worker, 'report', { by: { agent_id: stranger.agentId } })],
      ['a stranger reports', 'reviewer_other', act(stranger, 'report')],
      ['who sent the reviewer reports', 'role_forbidden', act(chief, 'report')],
      ['a review before the report', 'story_not_reported', act(reviewer, 'review-complete', noFindings)],
    ]);
    await shop.report(reviewer, story);
    await shop.refuse(t, [
      ...always,
      ...asFamily('review-complete', 'self_review_blocked', noFindings),
      ['a stranger reviews', 'reviewer_other', act(stranger, 'review-complete', noFindings)],
      ['a verification before the review', 'review_missing', act(auditor, 'verify', passing)],
      ['who sent the reviewer verifies', 'self_verify_blocked', act(chief, 'verify', passing)],
    ]);
    await shop.review(reviewer, story);
    const [late, child] = [await shop.send('orchestrator'), await shop.sendFrom(auditor, 'orchestrator')];
    await shop.refuse(t, [
      ...always,
      ['who sent the reviewer verifies', 'self_verify_blocked', act(chief, 'verify', passing)],
      ['who sent the reviewer collects', 'self_verify_blocked', act(chief, 'capabilities', { act: 'verify' })],
      ['the reviewer verifies', 'role_forbidden', act(reviewer, 'verify', passing)],
      ['who was not drawn verifies', 'verifier_other', act(late, 'verify', passing)],
      ['a child of whom was drawn verifies', 'verifier_other', act(child, 'verify', passing)],
      ['who was drawn shows nothing', 'capability_missing', act(auditor, 'verify', passing)],
    ]);
    const { body } = await shop.verify(auditor, story);
    t.match(body, { verified_status: 'verified', custody: { verifier: { lineage: [auditor.dispatchId] } } });
  });

  test(`an agent that is revoked and sent again, from another root and with another key, is who it was, ${way}`, async (t) => {
    const server = await startTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories;
    if (story === undefined) throw new Error('no story');
    const { worker, reviewer } = await sendCrew(shop);
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    t.equal((await shop.plan.say('DELETE', `/dispatches/${worker.dispatchId}`)).status, 204);
    t.equal((await shop.act(worker, story, 'report')).status, 401, 'the revoked key is dead');
    const again = await shop.send('agent', worker.agentId);
    const judge = await shop.send('orchestrator', worker.agentId);
    await shop.refuse(t, [
      ['it reports', 'self_report_blocked', () => shop.act(again, story, 'report')],
      ['it reviews', 'self_review_blocked', () => shop.act(again, story, 'review-complete', { body: noFindings })],
      [
        'it reviews as an orchestrator',
        'self_review_blocked',
        () => shop.act(judge, story, 'review-complete', { body: noFindings }),
      ],
      [
        'it verifies as an orchestrator',
        'self_verify_blocked',
        () => shop.act(judge, story, 'verify', { body: passing }),
      ],
    ]);
    await shop.plan.say('DELETE', `/dispatches/${reviewer.dispatchId}`);
    await shop.refuse(t, [
      ['nobody but itself could be drawn', 'nobody_unrelated', () => shop.act(judge, story, 'draw')],
    ]);
  });
}
