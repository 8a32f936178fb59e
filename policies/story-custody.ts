// Who may do which act of custody on a story now. What a caller may do next is found by asking each of these.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { mayTouch } from '../kernel/lineage.ts';
import { type CapabilityAct, maxArtifacts, type Party } from '../events/story-custody.ts';
import { capabilityRefusals } from './capability.ts';
import { custodyRefusals } from './custody-refusal.ts';
import { ownDispatch } from './dispatch.ts';
import { type DrawAct, isLive, poolFor, sameParty } from './draw.ts';
import { requireRunning } from './halt.ts';
import { requireRole } from './role.ts';
import { blockersOf } from './story-prerequisite.ts';
import { type HeldStory, openStory, storyOf } from './story.ts';

const { refuse } = custodyRefusals;

/** A story, and the party that acts on it; null for a person, who is no party to any work. */
export interface Situation {
  readonly world: World;
  readonly held: HeldStory;
  readonly by: Party;
}

export interface CustodyRule {
  readonly role: RoleRule;
  /** What the act uses up, beside being allowed. */
  readonly needs?: CapabilityAct;
  /** Acts of work and judgement are those of a dispatch; what only arranges them is open to people. */
  readonly byPeople?: true;
  /** Throws a Refusal when the act is not open to the caller. */
  allow(situation: Situation): void;
}

const work = { exactly: ['agent'] } as const;

export const custodyRules = {
  contract: { role: { exactly: ['agent', 'orchestrator'] }, allow: allowContract },
  claim: { role: work, allow: allowClaim },
  start: { role: work, needs: 'start', allow: allowStart },
  heartbeat: { role: work, allow: requireHolder },
  unclaim: { role: work, allow: requireHolder },
  add_artifact: { role: work, allow: allowArtifact },
  request_review: { role: work, allow: allowRequest },
  report: { role: work, needs: 'report', allow: allowReport },
  review_complete: { role: { atLeast: 'agent' }, allow: allowReview },
  verify: { role: { exactly: ['orchestrator'] }, needs: 'verify', allow: allowVerify },
  reject: { role: { exactly: ['orchestrator'] }, allow: allowReject },
  force_unclaim: { role: { atLeast: 'orchestrator' }, byPeople: true, allow: allowForce },
  backfill: { role: { atLeast: 'orchestrator' }, byPeople: true, allow: allowBackfill },
  draw: { role: { atLeast: 'orchestrator' }, byPeople: true, allow: allowDraw },
} as const satisfies Record<string, CustodyRule>;

export type CustodyAct = keyof typeof custodyRules;
export const custodyActs = Object.keys(custodyRules) as readonly CustodyAct[];

/** Collecting a capability: whoever could do the act that it is for, if only they held it. */
export const collectRule = { exactly: ['agent', 'orchestrator'] } as const satisfies RoleRule;

export const nobody: Party = { agent_id: '', lineage: [] };

/** The story on which somebody acts: there, open, and of a tenant that is not halted. */
export function holdStory(world: World, id: string): HeldStory {
  requireRunning(world);
  const { version } = storyOf(world, id);
  return { id, version, story: openStory(world, id) };
}

/** The caller's part in every act: its own dispatch, as it is at this very commit. */
export function partyOf(world: World): Party {
  const { agent_id, lineage } = ownDispatch(world);
  return { agent_id, lineage };
}

export function requireAct(world: World, act: CustodyAct, storyId: string): Situation {
  const rule: CustodyRule = custodyRules[act];
  requireRole(rule.role, world.actor);
  const held = holdStory(world, storyId);
  const by = rule.byPeople === true ? nobody : partyOf(world);
  rule.allow({ world, held, by });
  return { world, held, by };
}

export function requireCollector(world: World, act: CapabilityAct, storyId: string): Situation {
  requireRole(collectRule, world.actor);
  const situation = { world, held: holdStory(world, storyId), by: partyOf(world) };
  allowCollecting(situation, act);
  return situation;
}

export function allowCollecting(situation: Situation, act: CapabilityAct): void {
  if (act === 'start') allowStart(situation);
  else if (act === 'report') allowReport(situation);
  else if (act === 'verify') allowVerify(situation);
  else allowReview(situation);
  if (act === 'review' && !isPickedReviewer(situation)) {
    throw capabilityRefusals.refuse('capability_not_held', 'You were not drawn to review this story.');
  }
}

export function isInScope({ actor }: World, storyId: string): boolean {
  return mayTouch(actor, { type: 'story', id: storyId });
}

/** A lapsed lease is dead at once, before any worker comes to say so. */
export function isLapsed({ world, held }: Pick<Situation, 'world' | 'held'>): boolean {
  const until = held.story.custody?.lease_until ?? null;
  return until !== null && until <= world.now;
}

function isHeld({ held: { story } }: Situation): boolean {
  return story.agent_status === 'assigned' || story.agent_status === 'implementing';
}

/** The very dispatch, not one that came from it: whom the work was given to. */
function isSameDispatch(one: Party | null | undefined, by: Party): boolean {
  return one !== null && one !== undefined && one.lineage.join() === by.lineage.join();
}

/** Of the review that is open: the first, or the second of work that looks too small. */
export function isPickedReviewer({ held, by }: Situation): boolean {
  const { review = null, reviewer = null, second_review = null } = held.story.custody ?? {};
  return isSameDispatch(review === null ? reviewer : second_review?.reviewer, by);
}

function requireHolder(situation: Situation): void {
  const { held, by } = situation;
  if (!isHeld(situation)) throw refuse('story_not_held', `The story is ${held.story.agent_status}.`);
  if (!isSameDispatch(held.story.custody?.implementer, by)) {
    throw refuse('story_held_by_another', 'The story was claimed by another dispatch.');
  }
  if (isLapsed(situation)) {
    throw refuse('lease_lapsed', `The lease ended at ${held.story.custody?.lease_until ?? ''}.`);
  }
}

function allowContract(situation: Situation): void {
  const { held } = situation;
  if (held.story.agent_status === 'pending' || (isHeld(situation) && isLapsed(situation))) return;
  if (isHeld(situation) && held.story.custody?.contract === null) return requireHolder(situation);
  throw refuse('story_not_pending', `The story is ${held.story.agent_status}.`);
}

function allowClaim({ world, held }: Situation): void {
  const { agent_status } = held.story;
  if (agent_status === 'pending') throw refuse('story_not_contracted', 'The story is pending.');
  if (agent_status !== 'contracted') throw refuse('story_already_claimed', `The story is ${agent_status}.`);
  const blockers = blockersOf(world, held);
  if (blockers.length === 0) return;
  const names = blockers.slice(0, 10).map(({ level, number }) => `${level} ${number}`);
  const extra = { members: { blockers: blockers.slice(0, 100) } };
  throw refuse('story_blocked', `The story waits for ${names.join(', ')}.`, extra);
}

function allowStart(situation: Situation): void {
  requireHolder(situation);
  if (situation.held.story.agent_status === 'implementing') throw refuse('story_started', 'You began already.');
}

function allowArtifact(situation: Situation): void {
  requireHolder(situation);
  if ((situation.held.story.custody?.artifacts.length ?? 0) < maxArtifacts) return;
  throw refuse('artifact_limit', `A story has at most ${maxArtifacts} artifacts.`);
}

function allowRequest(situation: Situation): void {
  requireHolder(situation);
  const { story } = situation.held;
  if (story.agent_status !== 'implementing') throw refuse('story_not_started', 'The story was not started.');
  if (story.custody?.contract === null) throw refuse('contract_void', 'The criteria have a new revision.');
}

function isImplementer({ held, by }: Situation): boolean {
  const implementer = held.story.custody?.implementer ?? null;
  return implementer !== null && sameParty(implementer, by);
}

function allowReport(situation: Situation): void {
  const { story } = situation.held;
  if (isImplementer(situation)) throw refuse('self_report_blocked', 'You are of the lineage that did the work.');
  if (story.agent_status !== 'in_review') throw refuse('story_not_in_review', `The story is ${story.agent_status}.`);
  if (!isPickedReviewer(situation)) throw refuse('reviewer_other', 'You were not drawn to review this story.');
}

/** Handed in, reported, and not yet verified. */
function requireReported({ held: { story } }: Situation): void {
  if (story.verified_status === 'verified') throw refuse('story_verified', 'The story is verified.');
  if (story.agent_status === 'reported_done') return;
  throw refuse('story_not_reported', `The story is ${story.agent_status}.`);
}

function allowReview(situation: Situation): void {
  if (isImplementer(situation)) throw refuse('self_review_blocked', 'You are of the lineage that did the work.');
  requireReported(situation);
  const { review = null, reporter = null } = situation.held.story.custody ?? {};
  if (review === null) {
    if (isPickedReviewer(situation) || situation.world.actor.role === 'orchestrator') return;
    throw refuse('reviewer_other', 'You were not drawn to review this story.');
  }
  if (!awaitsSecondReview(situation)) throw refuse('review_completed', 'The review is complete.');
  // Stricter than the first: by nobody but whoever was drawn.
  if (isPickedReviewer(situation)) return;
  if ([review.by, reporter].some((party) => party !== null && sameParty(party, situation.by))) {
    throw refuse('self_review_blocked', 'You had a part in the first review.');
  }
  throw refuse('reviewer_other', 'You were not drawn to review this story once more.');
}

function isReviewed({ held }: Situation): boolean {
  return (held.story.custody?.review ?? null) !== null;
}

function awaitsSecondReview({ held }: Pick<Situation, 'held'>): boolean {
  const status = held.story.custody?.second_review?.status ?? null;
  return status === 'due' || status === 'open';
}

function allowVerify(situation: Situation): void {
  const { held, by } = situation;
  const { reporter = null, review = null, second_review = null, verifier = null } = held.story.custody ?? {};
  const judges = [reporter, review?.by ?? null, second_review?.review?.by ?? null].filter((party) => party !== null);
  if (isImplementer(situation) || judges.some((judge) => sameParty(judge, by))) {
    throw refuse('self_verify_blocked', 'You are of a lineage that did or reviewed the work.');
  }
  requireReported(situation);
  if (review === null) throw refuse('review_missing', 'The review of this cycle is not complete.');
  if (awaitsSecondReview(situation)) throw refuse('second_review_missing', 'The second review is not complete.');
  if (!isSameDispatch(verifier, by)) throw refuse('verifier_other', 'You were not drawn to verify this story.');
}

function allowReject(situation: Situation): void {
  const { agent_status } = situation.held.story;
  if (isImplementer(situation)) throw refuse('self_reject_blocked', 'You are of the lineage that did the work.');
  if (agent_status === 'in_review' || agent_status === 'reported_done') return;
  throw refuse('story_not_in_review', `The story is ${agent_status}: nothing was handed in.`);
}

function allowForce(situation: Situation): void {
  if (isHeld(situation) || situation.held.story.agent_status === 'in_review') return;
  throw refuse('story_not_held', `The story is ${situation.held.story.agent_status}.`);
}

function allowBackfill({ held: { story } }: Situation): void {
  if (story.custody === null) return;
  throw refuse('story_touched', 'Somebody took the story on before.');
}

/** Whom the story waits for: nobody was drawn yet, or whoever was cannot act any more. */
export function missingJudge({ world, held }: Situation): DrawAct | null {
  const { agent_status, verified_status, custody } = held.story;
  if (custody === null || custody.implementer === null) return null;
  const isReported = agent_status === 'reported_done' && verified_status === 'unverified';
  const isOpen = (judge: Party | null): boolean => judge === null || !isLive(world, judge);
  if (agent_status === 'in_review' || (isReported && custody.review === null)) {
    return isOpen(custody.reviewer) ? 'review' : null;
  }
  if (isReported && awaitsSecondReview({ held })) {
    return isOpen(custody.second_review?.reviewer ?? null) ? 'review' : null;
  }
  return isReported && isOpen(custody.verifier) ? 'verify' : null;
}

function allowDraw(situation: Situation): void {
  const act = missingJudge(situation);
  if (act === null) throw refuse('draw_not_needed', 'Whoever was drawn can still act, or nobody is to be drawn.');
  // Without a second reviewer the story goes on to its verifier.
  if (isReviewed(situation) && awaitsSecondReview(situation)) return;
  if (poolFor(situation.world, situation.held, act).length > 0) return;
  throw refuse('nobody_unrelated', `Nobody unrelated to the work is there to ${act} the story.`);
}
