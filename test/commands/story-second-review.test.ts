import { test } from 'tap';
import {
  collectCapability,
  completeReview,
  drawJudge,
  requestReview,
  verifyStory,
} from '../../commands/story-review.ts';
import { DispatchRevoked } from '../../events/dispatch.ts';
import { StoryReviewRequested } from '../../events/story-custody.ts';
import { CapabilityVoided } from '../../events/story-custody-capability.ts';
import {
  StorySecondReviewCompleted,
  StorySecondReviewerPicked,
  StorySecondReviewSkipped,
} from '../../events/story-custody-review.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { signalBaseline, wholeTenant } from '../../policies/signal.ts';
import {
  actorOf,
  auditor,
  commit,
  consumed,
  drawn,
  everybody,
  granted,
  type Hand,
  partyOf,
  planner,
  reported,
  reviewedBy,
  reviewer,
  reviewerPicked,
  until,
  verifiedBy,
  verifier,
  verifierPicked,
  worker,
  workshop,
} from '../support/custody.ts';
import { given, idOf } from '../support/given.ts';
import { projectId, storyId, storyRef } from '../support/work.ts';

const story_id = storyId('1.1');
const ref = storyRef('1.1');
const about = projectId();
/** Unrelated to all others. */
const second: Hand = { ...reviewer, dispatchId: idOf(600_009), agent_id: idOf(610_009), lineage: [idOf(600_009)] };
const third: Hand = { ...reviewer, dispatchId: idOf(600_008), agent_id: idOf(610_008), lineage: [idOf(600_008)] };
const alone = workshop(...everybody);
const staffed = workshop(...everybody, second);
const hurried = { suspicion: 100, second_review: true };
const handedIn = record(StoryReviewRequested, ref, { commit, artifacts: [], ...hurried }, about);
const report = granted('report', reviewer, 2);
const review = granted('review', reviewer, 3);
const again = granted('review', second, 5);
const picked = (one: Hand): NewEvent => record(StorySecondReviewerPicked, ref, { by: partyOf(one), draw: 2 }, about);
const skipped = record(StorySecondReviewSkipped, ref, {}, about);
const clean = { story_id, findings: 0, fixes: 0, disproved: 0 };
const reviewedAgain = record(
  StorySecondReviewCompleted,
  ref,
  { by: partyOf(second), findings: 0, fixes: 0, disproved: 0, notes: null, fence: 1 },
  about,
);
const gone = record(
  DispatchRevoked,
  { type: 'dispatch', id: second.dispatchId },
  { root_id: second.dispatchId, by: second.dispatchId },
  null,
);

const toReport = [...until('implementing'), handedIn, reviewerPicked(reviewer), report.event, review.event];
const toReview = [...toReport, consumed('report', 2), reported(reviewer)];
const toSecond = [...toReview, consumed('review', 3), reviewedBy(reviewer), picked(second), again.event];
const toVerify = [...toSecond, consumed('review', 5), reviewedAgain];
const pass = { story_id, result: 'pass', evidence: 'seen' } as const;

test('work that says nothing of itself, or too little, is to be reviewed twice', (t) => {
  const held = given(t, ...alone, ...until('implementing')).by(actorOf(worker));
  const command = { story_id, commit };
  t.match(held.when(requestReview, command).events[0], { data: hurried });
  const little = { tool_calls: 1, tokens: 200, tests_run: 1, seconds: 3 };
  t.match(held.when(requestReview, { ...command, signals: little }).events[0], {
    data: { signals: little, suspicion: 75, second_review: true },
  });
  const enough = { tool_calls: 60, tokens: 40_000, tests_run: 12, seconds: 1_800 };
  const usual = { count: 20, sum: 20 * 12_000, squares: 20 * 144_000_000 };
  t.match(held.when(requestReview, { ...command, signals: enough }).events[0], { data: { second_review: false } });
  const baseline = { tool_calls: usual, tokens: usual, tests_run: usual, seconds: usual };
  held.knowing(signalBaseline, wholeTenant, baseline);
  t.match(held.when(requestReview, { ...command, signals: enough }).events[0], { data: { second_review: true } });
  t.end();
});

test('what was accepted becomes what is usual', (t) => {
  const took = { signals: { tokens: 500, seconds: 90 }, criteria: 2 };
  const { keyOf, fold } = signalBaseline;
  const verified = { ...verifiedBy(verifier), version: 9, actor: {} };
  t.equal(keyOf(verified), null);
  const fact = { ...verified, data: { ...verified.data, took } };
  t.equal(keyOf(fact), wholeTenant);
  const none = { count: 0, sum: 0, squares: 0 };
  const before = { tool_calls: none, tokens: none, tests_run: none, seconds: none };
  const level = Math.round(1_000 * Math.log(251));
  t.match(fold(before, fact), { tokens: { count: 1, sum: level, squares: level * level }, tests_run: none });
  t.end();
});

test('after the first review of suspicious work somebody without any part in it is drawn for the second', (t) => {
  const { events } = given(t, ...staffed, ...toReview)
    .by(actorOf(reviewer))
    .when(completeReview, { ...clean, capability: review.token });
  t.same(events.slice(0, 4), [
    consumed('review', 3),
    reviewedBy(reviewer),
    drawn(1, 'review', [second]),
    record(StorySecondReviewerPicked, ref, { by: partyOf(second), draw: 1 }, about),
  ]);
  t.match(events.slice(4), [{ type: 'story.capability_granted', data: { act: 'review' } }]);
  t.equal(events.length, 5, 'nobody verifies yet');
  t.end();
});

test('an orchestrator who does the first review voids what was granted for it, once', (t) => {
  const { events, refusal } = given(t, ...staffed, ...toReview)
    .by(actorOf(auditor))
    .when(completeReview, { ...clean, capability: null });
  t.equal(refusal, null);
  t.equal(events.filter(({ type }) => type === CapabilityVoided.type).length, 1);
  t.match(events.at(-2), { type: 'story.second_reviewer_picked' });
  t.end();
});

test('with nobody to look twice the story says so and goes on to its verifier', (t) => {
  const { events } = given(t, ...alone, ...toReview)
    .by(actorOf(reviewer))
    .when(completeReview, { ...clean, capability: review.token });
  t.same(events[2], skipped);
  t.same(events[3], drawn(1, 'verify', [auditor, verifier]));
  t.match(events.at(-1), { data: { act: 'verify' } });
  t.end();
});

test('the second review is done by whoever was drawn, with a capability, and by nobody in their place', (t) => {
  const held = given(t, ...workshop(...everybody, second, third), ...toSecond);
  const command = { ...clean, capability: again.token };
  held.by(actorOf(auditor)).when(completeReview, command).thenRefused('reviewer_other');
  held.by(actorOf(third)).when(completeReview, command).thenRefused('reviewer_other');
  held.by(actorOf(reviewer)).when(completeReview, command).thenRefused('self_review_blocked');
  held.by(actorOf(worker)).when(completeReview, command).thenRefused('self_review_blocked');
  held
    .by(actorOf(second))
    .when(completeReview, { ...command, capability: null })
    .thenRefused('capability_missing');
  held.when(completeReview, { ...command, findings: 1 }).thenRefused('review_unresolved');
  t.equal(held.when(collectCapability, { story_id, act: 'review' }).refusal, null);
  const { events } = held.when(completeReview, command);
  t.same(events.slice(0, 2), [consumed('review', 5), reviewedAgain]);
  t.same(events[2], drawn(1, 'verify', [auditor, verifier]));
  t.end();
});

test('nobody verifies before the second review is complete, and nobody who did it does', (t) => {
  given(t, ...staffed, ...toSecond, verifierPicked(verifier))
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, capability: null })
    .thenRefused('second_review_missing');
  const chief: Hand = { ...second, role: 'orchestrator', dispatchId: idOf(600_010), lineage: [idOf(600_010)] };
  const held = given(t, ...workshop(...everybody, second, chief), ...toVerify, verifierPicked(chief));
  held
    .by(actorOf(chief))
    .when(verifyStory, { ...pass, capability: null })
    .thenRefused('self_verify_blocked');
  held
    .by(actorOf(planner))
    .when(verifyStory, { ...pass, capability: null })
    .thenRefused('self_verify_blocked');
  t.end();
});

test('when the second reviewer cannot act any more somebody else is drawn, or the story goes on', (t) => {
  const command = { story_id };
  given(t, ...staffed, ...toSecond)
    .by('user')
    .when(drawJudge, command)
    .thenRefused('draw_not_needed');
  const voided = record(CapabilityVoided, ref, { jti: idOf(630_005), act: 'review' }, about);
  const other = given(t, ...workshop(...everybody, second, third), ...toSecond, gone)
    .by('user')
    .when(drawJudge, command);
  t.match(other.events.slice(1, 3), [voided, { type: 'story.second_reviewer_picked', data: { by: partyOf(third) } }]);
  const nobody = given(t, ...staffed, ...toSecond, gone)
    .by('user')
    .when(drawJudge, command);
  t.same(nobody.events.slice(0, 2), [voided, skipped]);
  t.match(nobody.events.at(-1), { data: { act: 'verify' } });
  t.end();
});
