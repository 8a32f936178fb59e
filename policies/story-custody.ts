// Who may do which act of custody on a story now. What a caller may do next is found by asking each of these.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { mayTouch } from '../kernel/lineage.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { type CapabilityAct, type Party } from '../events/story-custody.ts';
import { maxArtifacts } from '../events/story-custody-shape.ts';
import { capabilityRefusals } from './capability.ts';
import { custodyRefusals } from './custody-refusal.ts';
import { ownDispatch } from './dispatch.ts';
import { type DrawAct, isLive, poolFor, sameParty } from './draw.ts';
import { requireRunning } from './halt.ts';
import { requireRole } from './role.ts';
import { blockersOf } from './story-prerequisite.ts';
import { type HeldStory, openStory, storyOf } from './story.ts';
import { isUnderWay, unverifiableFault } from './verification.ts';

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
  /** Why the act is not open to the caller; null when it is. */
  fault(situation: Situation): Fault | null;
}

/** Made when somebody is told of it: of most faults only that there is one matters, and a Refusal costs more than its rule. */
export type Fault = () => Refusal;

const work = { exactly: ['agent'] } as const;

export const custodyRules = {
  contract: { role: { exactly: ['agent', 'orchestrator'] }, fault: contractFault },
  claim: { role: work, fault: claimFault },
  start: { role: work, needs: 'start', fault: startFault },
  heartbeat: { role: work, fault: holderFault },
  unclaim: { role: work, fault: holderFault },
  add_artifact: { role: work, fault: artifactFault },
  request_review: { role: work, fault: requestFault },
  report: { role: work, needs: 'report', fault: reportFault },
  review_complete: { role: { atLeast: 'agent' }, fault: reviewFault },
  verify: { role: { exactly: ['orchestrator'] }, needs: 'verify', fault: verifyFault },
  reject: { role: { exactly: ['orchestrator'] }, fault: rejectFault },
  force_unclaim: { role: { atLeast: 'orchestrator' }, byPeople: true, fault: forceFault },
  backfill: { role: { atLeast: 'orchestrator' }, byPeople: true, fault: backfillFault },
  draw: { role: { atLeast: 'orchestrator' }, byPeople: true, fault: drawFault },
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
  const situation = { world, held, by };
  const fault = rule.fault(situation);
  if (fault !== null) throw fault();
  return situation;
}

export function requireCollector(world: World, act: CapabilityAct, storyId: string): Situation {
  requireRole(collectRule, world.actor);
  const situation = { world, held: holdStory(world, storyId), by: partyOf(world) };
  const fault = collectingFault(situation, act);
  if (fault !== null) throw fault();
  return situation;
}

export function collectingFault(situation: Situation, act: CapabilityAct): Fault | null {
  const fault = faultOfCapable[act](situation);
  if (fault !== null || act !== 'review' || isPickedReviewer(situation)) return fault;
  return () => capabilityRefusals.refuse('capability_not_held', 'You were not drawn to review this story.');
}

const faultOfCapable: Readonly<Record<CapabilityAct, CustodyRule['fault']>> = {
  start: startFault,
  report: reportFault,
  review: reviewFault,
  verify: verifyFault,
};

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

function holderFault(situation: Situation): Fault | null {
  const { held, by } = situation;
  if (!isHeld(situation)) return () => refuse('story_not_held', `The story is ${held.story.agent_status}.`);
  if (!isSameDispatch(held.story.custody?.implementer, by)) {
    return () => refuse('story_held_by_another', 'The story was claimed by another dispatch.');
  }
  if (isLapsed(situation)) {
    return () => refuse('lease_lapsed', `The lease ended at ${held.story.custody?.lease_until ?? ''}.`);
  }
  return null;
}

function contractFault(situation: Situation): Fault | null {
  const { held } = situation;
  if (held.story.agent_status === 'pending' || (isHeld(situation) && isLapsed(situation))) return null;
  if (isHeld(situation) && held.story.custody?.contract === null) return holderFault(situation);
  return () => refuse('story_not_pending', `The story is ${held.story.agent_status}.`);
}

function claimFault({ world, held }: Situation): Fault | null {
  const { agent_status } = held.story;
  if (agent_status === 'pending') return () => refuse('story_not_contracted', 'The story is pending.');
  if (agent_status !== 'contracted') return () => refuse('story_already_claimed', `The story is ${agent_status}.`);
  const blockers = blockersOf(world, held);
  if (blockers.length === 0) return null;
  return () => {
    const names = blockers.slice(0, 10).map(({ level, number }) => `${level} ${number}`);
    const extra = { members: { blockers: blockers.slice(0, 100) } };
    return refuse('story_blocked', `The story waits for ${names.join(', ')}.`, extra);
  };
}

function startFault(situation: Situation): Fault | null {
  const started = (): Refusal => refuse('story_started', 'You began already.');
  return holderFault(situation) ?? (situation.held.story.agent_status === 'implementing' ? started : null);
}

function artifactFault(situation: Situation): Fault | null {
  const fault = holderFault(situation);
  if (fault !== null) return fault;
  if ((situation.held.story.custody?.artifacts.length ?? 0) < maxArtifacts) return null;
  return () => refuse('artifact_limit', `A story has at most ${maxArtifacts} artifacts.`);
}

function requestFault(situation: Situation): Fault | null {
  const fault = holderFault(situation);
  if (fault !== null) return fault;
  const { story } = situation.held;
  if (story.agent_status !== 'implementing') return () => refuse('story_not_started', 'The story was not started.');
  if (story.custody?.contract === null) return () => refuse('contract_void', 'The criteria have a new revision.');
  return null;
}

function isImplementer({ held, by }: Situation): boolean {
  const implementer = held.story.custody?.implementer ?? null;
  return implementer !== null && sameParty(implementer, by);
}

function reportFault(situation: Situation): Fault | null {
  const { story } = situation.held;
  if (isImplementer(situation)) return () => refuse('self_report_blocked', 'You are of the lineage that did the work.');
  if (story.agent_status !== 'in_review')
    return () => refuse('story_not_in_review', `The story is ${story.agent_status}.`);
  if (!isPickedReviewer(situation)) return () => refuse('reviewer_other', 'You were not drawn to review this story.');
  return null;
}

/** Handed in, reported, and not yet verified. */
function unreportedFault({ held: { story } }: Situation): Fault | null {
  if (story.verified_status === 'verified') return () => refuse('story_verified', 'The story is verified.');
  if (story.agent_status === 'reported_done') return null;
  return () => refuse('story_not_reported', `The story is ${story.agent_status}.`);
}

function reviewFault(situation: Situation): Fault | null {
  if (isImplementer(situation)) return () => refuse('self_review_blocked', 'You are of the lineage that did the work.');
  const fault = unreportedFault(situation);
  if (fault !== null) return fault;
  const { review = null, reporter = null } = situation.held.story.custody ?? {};
  if (review === null) {
    if (isPickedReviewer(situation) || situation.world.actor.role === 'orchestrator') return null;
    return () => refuse('reviewer_other', 'You were not drawn to review this story.');
  }
  if (!awaitsSecondReview(situation)) return () => refuse('review_completed', 'The review is complete.');
  // Stricter than the first: by nobody but whoever was drawn.
  if (isPickedReviewer(situation)) return null;
  if ([review.by, reporter].some((party) => party !== null && sameParty(party, situation.by))) {
    return () => refuse('self_review_blocked', 'You had a part in the first review.');
  }
  return () => refuse('reviewer_other', 'You were not drawn to review this story once more.');
}

function isReviewed({ held }: Situation): boolean {
  return (held.story.custody?.review ?? null) !== null;
}

function awaitsSecondReview({ held }: Pick<Situation, 'held'>): boolean {
  const status = held.story.custody?.second_review?.status ?? null;
  return status === 'due' || status === 'open';
}

function verifyFault(situation: Situation): Fault | null {
  const { held, by } = situation;
  const { reporter = null, review = null, second_review = null, verifier = null } = held.story.custody ?? {};
  const judges = [reporter, review?.by ?? null, second_review?.review?.by ?? null].filter((party) => party !== null);
  if (isImplementer(situation) || judges.some((judge) => sameParty(judge, by))) {
    return () => refuse('self_verify_blocked', 'You are of a lineage that did or reviewed the work.');
  }
  const fault = unreportedFault(situation);
  if (fault !== null) return fault;
  if (review === null) return () => refuse('review_missing', 'The review of this cycle is not complete.');
  if (awaitsSecondReview(situation)) return () => refuse('second_review_missing', 'The second review is not complete.');
  if (!isSameDispatch(verifier, by)) return () => refuse('verifier_other', 'You were not drawn to verify this story.');
  return unverifiableFault(situation.world, held.story);
}

function rejectFault(situation: Situation): Fault | null {
  const { agent_status } = situation.held.story;
  if (isImplementer(situation)) return () => refuse('self_reject_blocked', 'You are of the lineage that did the work.');
  if (agent_status === 'in_review' || agent_status === 'reported_done') return null;
  return () => refuse('story_not_in_review', `The story is ${agent_status}: nothing was handed in.`);
}

function forceFault(situation: Situation): Fault | null {
  if (isHeld(situation) || situation.held.story.agent_status === 'in_review') return null;
  return () => refuse('story_not_held', `The story is ${situation.held.story.agent_status}.`);
}

function backfillFault({ held: { story } }: Situation): Fault | null {
  if (story.custody === null) return null;
  return () => refuse('story_touched', 'Somebody took the story on before.');
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
  // Whoever had it run has spoken; the run says the rest.
  if (!isReported || isUnderWay(world, held.story)) return null;
  return isOpen(custody.verifier) ? 'verify' : null;
}

function drawFault(situation: Situation): Fault | null {
  const act = missingJudge(situation);
  if (act === null)
    return () => refuse('draw_not_needed', 'Whoever was drawn can still act, or nobody is to be drawn.');
  // Without a second reviewer the story goes on to its verifier.
  if (isReviewed(situation) && awaitsSecondReview(situation)) return null;
  if (poolFor(situation.world, situation.held, act).length > 0) return null;
  return () => refuse('nobody_unrelated', `Nobody unrelated to the work is there to ${act} the story.`);
}
