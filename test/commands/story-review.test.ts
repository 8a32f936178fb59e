import { test } from 'tap';
import {
  backfillStory,
  collectCapability,
  completeReview,
  drawJudge,
  rejectStory,
  reportStory,
  requestReview,
  verifyStory,
} from '../../commands/story-review.ts';
import { createStory, deleteStory, reviseCriteria } from '../../commands/story.ts';
import { DispatchRevoked } from '../../events/dispatch.ts';
import { EpicCompleted, EpicReopened } from '../../events/epic.ts';
import {
  StoryBackfilled,
  StoryContracted,
  StoryRejected,
  StoryReviewerNeeded,
  StoryReviewRequested,
  StoryVerificationVoided,
  StoryVerifierNeeded,
} from '../../events/story-custody.ts';
import { CapabilityVoided } from '../../events/story-custody-capability.ts';
import { StoryCriteriaRevised, StoryDeleted } from '../../events/story.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import {
  actorOf,
  auditor,
  commit,
  consumed,
  drawn,
  everybody,
  granted,
  type Hand,
  handedIn,
  partyOf,
  planner,
  reported,
  reviewedBy,
  reviewer,
  reviewerPicked,
  sibling,
  until,
  verifiedBy,
  verifier,
  verifierPicked,
  worker,
  workshop,
} from '../support/custody.ts';
import { given, idOf, startOfTime } from '../support/given.ts';
import { epicId, epicRef, projectId, storyCreated, storyId, storyRef } from '../support/work.ts';

const story_id = storyId('1.1');
const ref = storyRef('1.1');
const about = projectId();
const shop = workshop(...everybody);
const report = granted('report', reviewer, 2);
const review = granted('review', reviewer, 3);
const verify = granted('verify', verifier, 4);
const asUsual = { tool_calls: 60, tokens: 40_000, tests_run: 12, seconds: 1_800 };
const judged = { suspicion: 0, second_review: false };
const handedInAsUsual = record(
  StoryReviewRequested,
  ref,
  { commit, artifacts: [], signals: asUsual, ...judged },
  about,
);
const pass = { story_id, result: 'pass', evidence: 'seen' } as const;
const clean = { story_id, findings: 0, fixes: 0, disproved: 0 };
const voided = (act: 'review' | 'verify', number: number): NewEvent =>
  record(CapabilityVoided, ref, { jti: idOf(630_000 + number), act }, about);
const completed = record(EpicCompleted, epicRef(1), {}, about);
const reopened = record(EpicReopened, epicRef(1), {}, about);
const unverified = (cause: 'rejected' | 'criteria_revised' | 'deleted'): NewEvent =>
  record(StoryVerificationVoided, ref, { epic_id: epicId(1), cause }, about);
/** The other stories of epic 1 are done. */
const othersDone = ['1.2', '1.3'].map((number) =>
  record(
    StoryBackfilled,
    storyRef(number),
    { epic_id: epicId(1), reason: 'done', evidence_url: 'https://e.org/1' },
    about,
  ),
);

function gone({ dispatchId }: Hand): NewEvent {
  return record(DispatchRevoked, { type: 'dispatch', id: dispatchId }, { root_id: dispatchId, by: dispatchId }, null);
}

test('work that is handed in goes to a reviewer from another root, by a draw that everybody can repeat', (t) => {
  const command = { story_id, commit, signals: asUsual };
  const { events, refusal } = given(t, ...shop, ...until('implementing'))
    .by(actorOf(worker))
    .when(requestReview, command);
  t.equal(refusal, null);
  t.same(events.slice(0, 3), [handedInAsUsual, drawn(1, 'review', [reviewer]), reviewerPicked(reviewer)]);
  t.match(events.slice(3), [
    { type: 'story.capability_granted', data: { act: 'report', dispatch_id: reviewer.dispatchId } },
    { type: 'story.capability_granted', data: { act: 'review', dispatch_id: reviewer.dispatchId } },
  ]);
  t.equal(events.length, 5);
  given(t, ...shop, ...until('assigned'))
    .by(actorOf(worker))
    .when(requestReview, command)
    .thenRefused('story_not_started');
  given(t, ...shop, ...until('implementing'))
    .by(actorOf(worker))
    .when(requestReview, { ...command, fence: 3 })
    .thenRefused('fence_stale');
  const revised = record(StoryCriteriaRevised, ref, { revision: 2, criteria: [{ text: 'x', binding: null }] }, about);
  given(t, ...shop, ...until('implementing'), revised)
    .by(actorOf(worker))
    .when(requestReview, command)
    .thenRefused('contract_void');
  t.end();
});

test('without anybody unrelated the story waits, and no seed is spent', (t) => {
  const family = workshop(planner, worker, sibling, auditor);
  given(t, ...family, ...until('implementing'))
    .by(actorOf(worker))
    .when(requestReview, { story_id, commit, signals: asUsual })
    .thenEvents(handedInAsUsual, record(StoryReviewerNeeded, ref, {}, about));
  const waiting = [...until('implementing'), handedIn, record(StoryReviewerNeeded, ref, {}, about)];
  given(t, ...family, ...waiting)
    .by('orchestrator')
    .when(drawJudge, { story_id })
    .thenRefused('nobody_unrelated');
  const { events } = given(t, ...shop, ...waiting)
    .by('orchestrator')
    .when(drawJudge, { story_id });
  t.same(events.slice(0, 2), [drawn(1, 'review', [reviewer]), reviewerPicked(reviewer)]);
  given(t, ...shop, ...until('in_review'))
    .by('user')
    .when(drawJudge, { story_id })
    .thenRefused('draw_not_needed');
  given(t, ...shop)
    .by('user')
    .when(drawJudge, { story_id })
    .thenRefused('draw_not_needed');
  t.end();
});

test('when whoever was drawn cannot act any more, somebody else is drawn', (t) => {
  const other = { ...reviewer, dispatchId: idOf(600_009), agent_id: idOf(610_009), lineage: [idOf(600_009)] };
  const both = workshop(...everybody, other);
  given(t, ...both, ...until('in_review'))
    .by('user')
    .when(drawJudge, { story_id })
    .thenRefused('draw_not_needed');
  const { events } = given(t, ...both, ...until('in_review'), gone(reviewer))
    .by('user')
    .when(drawJudge, { story_id });
  t.same(events[0], drawn(1, 'review', [other]));
  t.match(
    events.slice(1).map(({ type }) => type),
    ['story.capability_voided', 'story.capability_voided', 'story.reviewer_picked'],
  );
  const late = given(t, ...both, ...until('in_review')).at(addSeconds(startOfTime, 14_000));
  late.by('user').when(drawJudge, { story_id }).thenRefused('nobody_unrelated');
  t.end();
});

test('only the reviewer who was drawn reports, with its capability, and never whoever did the work', (t) => {
  const held = given(t, ...shop, ...until('in_review'));
  const command = { story_id, capability: report.token };
  held.by(actorOf(reviewer)).when(reportStory, command).thenEvents(consumed('report', 2), reported(reviewer));
  held.when(reportStory, { ...command, capability: review.token }).thenRefused('capability_type');
  held.by(actorOf(worker)).when(reportStory, command).thenRefused('self_report_blocked');
  held.by(actorOf(sibling)).when(reportStory, command).thenRefused('self_report_blocked');
  held.by(actorOf(auditor)).when(reportStory, command).thenRefused('role_forbidden');
  const other = { ...reviewer, dispatchId: idOf(600_009), agent_id: idOf(610_009), lineage: [idOf(600_009)] };
  given(t, ...workshop(...everybody, other), ...until('in_review'))
    .by(actorOf(other))
    .when(reportStory, command)
    .thenRefused('reviewer_other');
  given(t, ...shop, ...until('reported'))
    .by(actorOf(reviewer))
    .when(reportStory, command)
    .thenRefused('story_not_in_review');
  t.end();
});

test('a second root of the same agent is the same actor', (t) => {
  const second = { ...reviewer, dispatchId: idOf(600_009), agent_id: worker.agent_id, lineage: [idOf(600_009)] };
  const { events } = given(t, ...workshop(planner, worker, second), ...until('implementing'))
    .by(actorOf(worker))
    .when(requestReview, { story_id, commit });
  t.match(events[1], { type: 'story.reviewer_needed' });
  given(t, ...workshop(...everybody, second), ...until('in_review'))
    .by(actorOf(second))
    .when(reportStory, { story_id, capability: report.token })
    .thenRefused('self_report_blocked');
  t.end();
});

test('a review is complete when every finding is fixed or disproved; then a verifier is drawn', (t) => {
  const held = given(t, ...shop, ...until('reported'));
  const command = { ...clean, capability: review.token };
  const { events } = held.by(actorOf(reviewer)).when(completeReview, command);
  t.same(events.slice(0, 2), [consumed('review', 3), reviewedBy(reviewer)]);
  // The planner sent the worker, so of the orchestrators only the other two are unrelated.
  t.same(events[2], drawn(1, 'verify', [auditor, verifier]));
  t.match(events.slice(3), [{ type: 'story.verifier_picked' }, { data: { act: 'verify' } }]);
  held.when(completeReview, { ...command, findings: 3, fixes: 1, disproved: 1 }).thenRefused('review_unresolved');
  held.when(completeReview, { ...command, capability: null }).thenRefused('capability_missing');
  held.by(actorOf(worker)).when(completeReview, command).thenRefused('self_review_blocked');
  held.by(actorOf(planner)).when(completeReview, command).thenRefused('self_review_blocked');
  held.by('user').when(completeReview, command).thenRefused('dispatch_required');
  given(t, ...shop, ...until('in_review'))
    .by(actorOf(reviewer))
    .when(completeReview, command)
    .thenRefused('story_not_reported');
  given(t, ...shop, ...until('reviewed'))
    .by(actorOf(reviewer))
    .when(completeReview, command)
    .thenRefused('review_completed');
  t.end();
});

test('an orchestrator from another root completes a review without a capability, and voids that of the reviewer', (t) => {
  const { events } = given(t, ...shop, ...until('reported'))
    .by(actorOf(auditor))
    .when(completeReview, { ...clean, capability: null });
  t.same(events.slice(0, 3), [voided('review', 3), reviewedBy(auditor), drawn(1, 'verify', [verifier])]);
  const alone = workshop(planner, worker, reviewer, auditor);
  const { events: waiting } = given(t, ...alone, ...until('reported'))
    .by(actorOf(auditor))
    .when(completeReview, { ...clean, capability: null });
  t.same(waiting.slice(1), [reviewedBy(auditor), record(StoryVerifierNeeded, ref, {}, about)]);
  t.end();
});

test('only the verifier who was drawn verifies, after the review of this cycle', (t) => {
  const held = given(t, ...shop, ...until('reviewed'));
  const command = { ...pass, capability: verify.token };
  held.by(actorOf(verifier)).when(verifyStory, command).thenEvents(consumed('verify', 4), verifiedBy(verifier));
  held.by(actorOf(auditor)).when(verifyStory, command).thenRefused('verifier_other');
  held.by(actorOf(planner)).when(verifyStory, command).thenRefused('self_verify_blocked');
  held.by(actorOf(reviewer)).when(verifyStory, command).thenRefused('role_forbidden');
  held.by('user').when(verifyStory, command).thenRefused('role_forbidden');
  held.by('orchestrator').when(verifyStory, command).thenRefused('dispatch_required');
  given(t, ...shop, ...until('reported'))
    .by(actorOf(verifier))
    .when(verifyStory, command)
    .thenRefused('review_missing');
  given(t, ...shop, ...until('verified'))
    .by(actorOf(verifier))
    .when(verifyStory, command)
    .thenRefused('story_verified');
  const reviewedByAuditor = [...until('reported'), reviewedBy(auditor), verifierPicked(auditor)];
  given(t, ...shop, ...reviewedByAuditor)
    .by(actorOf(auditor))
    .when(verifyStory, command)
    .thenRefused('self_verify_blocked');
  t.end();
});

test('capabilities are refused in one order, each for its own reason', (t) => {
  const held = given(t, ...shop, ...until('reviewed')).by(actorOf(verifier));
  const refused = (capability: string | null, code: string): void =>
    held.when(verifyStory, { ...pass, capability }).thenRefused(code);
  refused(null, 'capability_missing');
  refused('nothing', 'capability_type');
  refused('a.b.c', 'capability_type');
  refused(report.token, 'capability_type');
  const [head = '', body = '', signature = ''] = verify.token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const bent = (change: object): string =>
    [head, Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url'), signature].join('.');
  refused(bent({ story: idOf(3), exp: 0 }), 'capability_story');
  refused(bent({ lin: 'a'.repeat(64), exp: 0 }), 'capability_lineage');
  refused(bent({ exp: 0, jti: idOf(630_003) }), 'capability_expired');
  refused(bent({ exp: undefined }), 'capability_expired');
  refused(bent({ jti: idOf(630_003) }), 'capability_replayed');
  refused(bent({ jti: idOf(1) }), 'capability_signature');
  refused(verify.token.slice(0, -4), 'capability_signature');
  refused(bent({ ver: 99 }), 'capability_signature');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'll-cap+jwt' })).toString('base64url');
  refused([unsigned, body, ''].join('.'), 'capability_signature');
  given(t, ...shop, ...until('reviewed'))
    .at(addSeconds(startOfTime, 900))
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, capability: verify.token })
    .thenRefused('capability_expired');
  t.end();
});

test('a capability is collected by its holder, in the state that it is for, and voids the one before it', (t) => {
  const held = given(t, ...shop, ...until('reviewed'));
  const { events } = held.by(actorOf(verifier)).when(collectCapability, { story_id, act: 'verify' });
  t.same(events[0], voided('verify', 4));
  t.match(events[1], { data: { act: 'verify', dispatch_id: verifier.dispatchId, jti: idOf(900_001) } });
  held.when(collectCapability, { story_id, act: 'review' }).thenRefused('review_completed');
  held.by(actorOf(auditor)).when(collectCapability, { story_id, act: 'verify' }).thenRefused('verifier_other');
  held.by('user').when(collectCapability, { story_id, act: 'verify' }).thenRefused('role_forbidden');
  const early = given(t, ...shop, ...until('reported'));
  early.by(actorOf(auditor)).when(collectCapability, { story_id, act: 'review' }).thenRefused('capability_not_held');
  early.by(actorOf(verifier)).when(collectCapability, { story_id, act: 'verify' }).thenRefused('review_missing');
  const again = given(t, ...shop, ...until('reviewed'), voided('verify', 4)).by(actorOf(verifier));
  again.when(verifyStory, { ...pass, capability: verify.token }).thenRefused('capability_replayed');
  t.end();
});

test('an epic is complete with its last story, open again with the first that is not verified', (t) => {
  const command = { ...pass, capability: verify.token };
  given(t, ...shop, ...othersDone, ...until('reviewed'))
    .by(actorOf(verifier))
    .when(verifyStory, command)
    .thenEvents(consumed('verify', 4), verifiedBy(verifier), completed);
  const whole = given(t, ...shop, ...othersDone, ...until('verified'), completed);
  const rejected = record(StoryRejected, ref, { by: partyOf(auditor), reason: 'no' }, about);
  whole
    .by(actorOf(auditor))
    .when(rejectStory, { story_id, reason: 'no' })
    .thenEvents(unverified('rejected'), reopened, rejected);
  const created = { story_id: storyId('1.4'), epic_id: epicId(1), title: 'Story 1.4' };
  whole.by('orchestrator').when(createStory, created).thenEvents(storyCreated('1.4'), reopened);
  const deleted = record(StoryDeleted, ref, { epic_id: epicId(1), project_id: about, number: '1.1' }, about);
  whole.by('user').when(deleteStory, { story_id }).thenEvents(unverified('deleted'), deleted);
  given(t, ...shop, ...othersDone)
    .by('user')
    .when(deleteStory, { story_id })
    .thenEvents(completed, deleted);
  t.end();
});

test('what was handed in is rejected by another root, for a reason, and the story begins anew', (t) => {
  const command = { story_id, reason: 'no' };
  const rejected = record(StoryRejected, ref, { by: partyOf(auditor), reason: 'no' }, about);
  given(t, ...shop, ...until('reviewed'))
    .by(actorOf(auditor))
    .when(rejectStory, command)
    .thenEvents(voided('verify', 4), rejected);
  const held = given(t, ...shop, ...until('reviewed'));
  held.by(actorOf(planner)).when(rejectStory, command).thenRefused('self_reject_blocked');
  held.by('user').when(rejectStory, command).thenRefused('role_forbidden');
  held.by(actorOf(reviewer)).when(rejectStory, command).thenRefused('role_forbidden');
  given(t, ...shop, ...until('implementing'))
    .by(actorOf(auditor))
    .when(rejectStory, command)
    .thenRefused('story_not_in_review');
  given(t, ...shop, ...until('reviewed'), rejected)
    .by('user')
    .when(backfillStory, { story_id, reason: 'x', evidence_url: 'https://e.org' })
    .thenRefused('story_touched');
  t.end();
});

test('new criteria void a verification, and its epic is open again', (t) => {
  const criteria = [{ text: 'It holds', binding: null }];
  const revised = record(StoryCriteriaRevised, ref, { revision: 2, criteria }, about);
  given(t, ...shop, ...othersDone, ...until('verified'), completed)
    .by('orchestrator')
    .when(reviseCriteria, { story_id, criteria })
    .thenEvents(unverified('criteria_revised'), reopened, revised);
  given(t, ...shop, ...until('reviewed'))
    .by('orchestrator')
    .when(reviseCriteria, { story_id, criteria })
    .thenEvents(voided('verify', 4), revised);
  given(t, ...shop, ...until('reviewed'), revised)
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, capability: verify.token })
    .thenRefused('story_not_reported');
  t.end();
});

test('only a story that nobody ever took on is backfilled, with a reason and an address', (t) => {
  const told = { reason: 'before', evidence_url: 'https://e.org/1' };
  const backfilled = record(StoryBackfilled, ref, { epic_id: epicId(1), ...told }, about);
  for (const by of ['user', 'orchestrator', actorOf(planner)] as const) {
    given(t, ...shop)
      .by(by)
      .when(backfillStory, { story_id, ...told })
      .thenEvents(backfilled);
  }
  const contract = { by: partyOf(worker), criteria_revision: 1, criteria_hash: 'a'.repeat(64) };
  given(t, ...shop, record(StoryContracted, ref, contract, about))
    .by('user')
    .when(backfillStory, { story_id, ...told })
    .thenRefused('story_touched');
  given(t, ...shop, backfilled)
    .by('user')
    .when(backfillStory, { story_id, ...told })
    .thenRefused('story_touched');
  given(t, ...shop)
    .by(actorOf(worker))
    .when(backfillStory, { story_id, ...told })
    .thenRefused('role_forbidden');
  t.end();
});
