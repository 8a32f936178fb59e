// Facts of custody, with what a test does not care about filled in: two roots of agents and two of orchestrators.
import { DispatchCreated } from '../../events/dispatch.ts';
import { DrawPicked } from '../../events/draw.ts';
import {
  type CapabilityAct,
  type Party,
  StoryClaimed,
  StoryContracted,
  StoryReported,
  StoryReviewCompleted,
  StoryReviewerPicked,
  StoryReviewRequested,
  StoryStarted,
  StoryVerified,
  StoryVerifierPicked,
} from '../../events/story-custody.ts';
import { CapabilityConsumed, CapabilityGranted, type Grant } from '../../events/story-custody-capability.ts';
import { criteriaHash } from '../../commands/story-claim.ts';
import type { Actor } from '../../kernel/actor.ts';
import { signCapability } from '../../kernel/capability.ts';
import { commitmentOf, seedOf } from '../../kernel/draw.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { lineageHash } from '../../kernel/lineage.ts';
import { chooseFrom } from '../../kernel/pick.ts';
import { record } from '../../kernel/stream.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import { claimsOf } from '../../policies/capability.ts';
import { idOf, startOfTime, tenantId, testDrawSecret, testSigner } from './given.ts';
import { founded, keysFounded } from './tenancy.ts';
import { plan, projectId, storyId, storyRef } from './work.ts';

export interface Hand extends Party {
  readonly role: 'agent' | 'orchestrator';
  readonly dispatchId: string;
}

function hand(number: number, role: Hand['role'], above: readonly string[] = []): Hand {
  const dispatchId = idOf(600_000 + number);
  return { role, dispatchId, agent_id: idOf(610_000 + number), lineage: [...above, dispatchId] };
}

/** Two families: what comes from `planner` is one actor, what comes from `auditor` another. */
export const planner = hand(1, 'orchestrator');
export const worker = hand(2, 'agent', planner.lineage);
export const sibling = hand(3, 'agent', planner.lineage);
export const auditor = hand(4, 'orchestrator');
export const reviewer = hand(5, 'agent');
export const verifier = hand(6, 'orchestrator');

export function partyOf({ agent_id, lineage }: Hand): Party {
  return { agent_id, lineage: [...lineage] };
}

export function actorOf({ role, agent_id, lineage }: Hand): Actor {
  return { kind: 'key', key_id: idOf(999_998), agent_id, role, lineage };
}

const laterThanAll = addSeconds(startOfTime, 14_000);

function sent({ dispatchId, role, agent_id, lineage }: Hand, expires_at = laterThanAll): NewEvent {
  const parent_id = lineage.at(-2) ?? null;
  const data = { parent_id, lineage: [...lineage], role, agent_id, story_id: null, key_id: idOf(620_000), expires_at };
  return record(DispatchCreated, { type: 'dispatch', id: dispatchId }, data, null);
}

/** A tenant with a plan, and these hands at work. */
export function workshop(...hands: readonly Hand[]): NewEvent[] {
  return [founded, ...keysFounded, ...plan(), ...hands.map((one) => sent(one))];
}

export const everybody = [planner, worker, sibling, auditor, reviewer, verifier];
export const leaseEnd = addSeconds(startOfTime, 1_800);
const ref = storyRef('1.1');
const about = projectId();

const grantFrame = { version: 1, issued_at: startOfTime, expires_at: addSeconds(startOfTime, 900) };

/** A capability as the server grants it, and its token. */
export function granted(act: CapabilityAct, to: Hand, number = 1, told: Partial<Grant> = {}) {
  const holder = { dispatch_id: to.dispatchId, lineage_hash: lineageHash(to.lineage) };
  const grant = { jti: idOf(630_000 + number), act, ...holder, token_hash: '', ...grantFrame, ...told };
  const { token, hash } = signCapability(claimsOf(tenantId, storyId('1.1'), grant), testSigner);
  return { token, event: record(CapabilityGranted, ref, { ...grant, token_hash: hash }, about) };
}

export function consumed(act: CapabilityAct, number = 1): NewEvent {
  return record(CapabilityConsumed, ref, { jti: idOf(630_000 + number), act }, about);
}

export const contractedBy = (one: Hand): NewEvent =>
  record(StoryContracted, ref, { by: partyOf(one), criteria_revision: 1, criteria_hash: criteriaHash([]) }, about);

const claimedBy = (one: Hand, fence = 1): NewEvent =>
  record(StoryClaimed, ref, { by: partyOf(one), fence, lease_seconds: 1_800, lease_until: leaseEnd }, about);

export const started = record(StoryStarted, ref, {}, about);
export const commit = '1f0e2d3c4b5a';
export const handedIn = record(StoryReviewRequested, ref, { commit, artifacts: [] }, about);
export const reviewerPicked = (one: Hand): NewEvent =>
  record(StoryReviewerPicked, ref, { by: partyOf(one), draw: 1 }, about);
export const reported = (one: Hand): NewEvent => record(StoryReported, ref, { by: partyOf(one) }, about);
const noFindings = { findings: 0, fixes: 0, disproved: 0, notes: null };
export const reviewedBy = (one: Hand): NewEvent =>
  record(StoryReviewCompleted, ref, { by: partyOf(one), ...noFindings, fence: 1 }, about);
export const verifierPicked = (one: Hand): NewEvent =>
  record(StoryVerifierPicked, ref, { by: partyOf(one), draw: 2 }, about);
export const verifiedBy = (one: Hand): NewEvent =>
  record(StoryVerified, ref, { epic_id: idOf(101), by: partyOf(one), method: 'attested', evidence: 'seen' }, about);

const stages = {
  contracted: [contractedBy(worker)],
  assigned: [claimedBy(worker), granted('start', worker, 1).event],
  implementing: [consumed('start', 1), started],
  in_review: [
    handedIn,
    reviewerPicked(reviewer),
    granted('report', reviewer, 2).event,
    granted('review', reviewer, 3).event,
  ],
  reported: [consumed('report', 2), reported(reviewer)],
  reviewed: [
    consumed('review', 3),
    reviewedBy(reviewer),
    verifierPicked(verifier),
    granted('verify', verifier, 4).event,
  ],
  verified: [consumed('verify', 4), verifiedBy(verifier)],
} as const satisfies Record<string, readonly NewEvent[]>;

export type Stage = keyof typeof stages;

/** Story 1.1 by its worker, up to a stage of its life. */
export function until(stage: Stage): NewEvent[] {
  const names = Object.keys(stages) as Stage[];
  return names.slice(0, names.indexOf(stage) + 1).flatMap((name) => stages[name]);
}

export function drawn(n: number, act: 'review' | 'verify', hands: readonly Hand[]): NewEvent {
  const pool = hands.map(({ dispatchId }) => dispatchId).sort();
  const lot = { act, story_id: storyId('1.1'), pool };
  const seed = seedOf(testDrawSecret, n);
  const pick = { chosen: chooseFrom(seed, lot), seed, next_commitment: commitmentOf(seedOf(testDrawSecret, n + 1)) };
  return record(DrawPicked, { type: 'draw', id: tenantId }, { n, ...lot, ...pick }, null);
}
