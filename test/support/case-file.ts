// What may be believed of a story, told from the events alone and by none of the code that decides them.
import { DispatchCreated, DispatchRevoked } from '../../events/dispatch.ts';
import { DrawPicked } from '../../events/draw.ts';
import type { JsonObject } from '../../kernel/event.ts';
import { commitmentOf, seedOf } from '../../kernel/draw.ts';
import { lineageHash } from '../../kernel/lineage.ts';
import { isHonestPick, type Pick } from '../../kernel/pick.ts';
import { testDrawSecret } from './given.ts';
import type { Kept } from './memory-ledger.ts';

export interface Who {
  readonly agent_id: string;
  readonly lineage: readonly string[];
}

interface Sent extends Who {
  readonly role: string;
  readonly expires_at: string;
  revoked: boolean;
}

interface Granted {
  readonly act: string;
  readonly lineage_hash: string;
  readonly expires_at: string;
  open: boolean;
}

/** From one contract to the end of what follows from it. */
interface Cycle {
  contract: { readonly revision: number } | null;
  claim: (Who & { readonly fence: number; until: string }) | null;
  started: boolean;
  handedIn: boolean;
  reviewer: Who | null;
  reporter: Who | null;
  review: Who | null;
  verifier: Who | null;
  /** Asked to be run, by whom, and what became of it. */
  run: (Who & { readonly id: string; status: 'running' | 'passed' | 'failed' }) | null;
}

const noCycle: Cycle = {
  contract: null,
  claim: null,
  started: false,
  handedIn: false,
  reviewer: null,
  reporter: null,
  review: null,
  verifier: null,
  run: null,
};

export interface Case {
  readonly epicId: string;
  revision: number;
  /** Whether anybody ever took it on. */
  touched: boolean;
  fence: number;
  cycle: Cycle;
  verified: 'attested' | 'executed' | 'backfilled' | null;
  rejected: boolean;
  deleted: boolean;
}

export class CaseFiles {
  readonly cases = new Map<string, Case>();
  private readonly sent = new Map<string, Sent>();
  private readonly grants = new Map<string, Granted>();
  private readonly needs = new Map<string, { readonly from: string; readonly to: string }>();
  private readonly complete = new Set<string>();
  private readonly epics = new Set<string>();
  private readonly endedRuns = new Set<string>();

  /** The events of one command, in their order. Throws when one of them should not have been possible. */
  read(commit: readonly Kept[]): void {
    const used = commit
      .filter(({ event }) => event.type === 'story.capability_consumed')
      .map(({ event }) => event.data['act'] as string);
    for (const kept of commit) this.readOne(kept, used);
    for (const epic of this.epics) this.requireEpic(epic);
  }

  private readOne(kept: Kept, used: readonly string[]): void {
    const { event, at } = kept;
    const { type, stream, data } = event;
    if (type === DispatchCreated.type) this.sent.set(stream.id, { ...(data as unknown as Sent), revoked: false });
    else if (type === DispatchRevoked.type) this.sentAs(stream.id).revoked = true;
    else if (type === DrawPicked.type) requireHonest(data as unknown as Pick & { n: number });
    else if (type === 'dependency.added') this.needs.set(data['dependency_id'] as string, edgeOf(data));
    else if (type === 'dependency.removed') this.needs.delete(data['dependency_id'] as string);
    else if (type === 'epic.created') this.epics.add(stream.id);
    else if (type === 'epic.completed') this.complete.add(stream.id);
    else if (type === 'epic.reopened') this.complete.delete(stream.id);
    else if (endsOfRuns.has(type)) this.endedRuns.add(stream.id);
    else if (type.startsWith('story.capability_')) this.readGrant(kept);
    else if (type === 'story.created') this.cases.set(stream.id, newCase(data['epic_id'] as string));
    else if (stream.type === 'story') this.readStory(kept, this.caseOf(stream.id), used);
    if (at === '') throw new Error('an event without a time');
  }

  caseOf(id: string): Case {
    const known = this.cases.get(id);
    if (known === undefined) throw new Error(`no story ${id}`);
    return known;
  }

  private sentAs(id: string): Sent {
    const sent = this.sent.get(id);
    if (sent === undefined) throw new Error(`nobody was sent as ${id}`);
    return sent;
  }

  /** Whoever acted was sent by that very line, in that role, and neither revoked nor out of time. */
  private actorOf({ actor, at }: Kept): Sent {
    const own = this.sentAs(actor.lineage.at(-1) ?? '');
    demand(own.lineage.join() === actor.lineage.join() && own.role === actor.role, 'the lineage is its own');
    demand(!own.revoked && own.expires_at > at, 'the dispatch is in force');
    return own;
  }

  private readGrant(kept: Kept): void {
    const { event, actor, at } = kept;
    const { type, data } = event;
    const jti = data['jti'] as string;
    if (type === 'story.capability_granted') {
      demand(!this.grants.has(jti), 'a grant is new');
      this.grants.set(jti, { ...(data as unknown as Granted), open: true });
      return;
    }
    const grant = this.grants.get(jti);
    demand(grant?.open === true, 'what is used up or void was granted, and neither before');
    if (grant === undefined) return;
    grant.open = false;
    if (type === 'story.capability_voided') return;
    demand(grant.lineage_hash === lineageHash(actor.lineage), 'a capability is used by its holder');
    demand(grant.expires_at > at, 'a capability is used in its time');
    demand(grant.act === data['act'], 'a capability is used for its act');
  }

  private readStory(kept: Kept, story: Case, used: readonly string[]): void {
    const rule = rules[kept.event.type];
    if (rule === undefined) return;
    const { data, stream } = kept.event;
    rule({
      kept,
      story,
      data,
      by: () => this.actorOf(kept),
      uses: (act) => used.includes(act),
      hasEnded: (runId) => this.endedRuns.has(runId),
      isReady: () => this.isReady(stream.id, story.epicId),
    });
  }

  private isReady(storyId: string, epicId: string): boolean {
    return [...this.needs.values()].every(({ from, to }) => {
      if (from === storyId) return this.caseOf(to).verified !== null;
      return from !== epicId || this.complete.has(to);
    });
  }

  private requireEpic(id: string): void {
    const held = [...this.cases.values()].filter(({ epicId, deleted }) => epicId === id && !deleted);
    const isDone = held.length > 0 && held.every(({ verified }) => verified !== null);
    demand(this.complete.has(id) === isDone, 'an epic is complete when its stories are verified');
  }
}

const endsOfRuns: ReadonlySet<string> = new Set(['run.verification_judged', 'run.failed', 'run.cancelled']);

interface Reading {
  readonly kept: Kept;
  readonly story: Case;
  readonly data: JsonObject;
  /** Whoever acted, as they were sent. */
  readonly by: () => Sent;
  /** Whether the commit used up a capability for the act. */
  readonly uses: (act: string) => boolean;
  readonly hasEnded: (runId: string) => boolean;
  readonly isReady: () => boolean;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}

function edgeOf(data: JsonObject): { from: string; to: string } {
  const { from, to } = data as unknown as Record<'from' | 'to', { readonly id: string }>;
  return { from: from.id, to: to.id };
}

function newCase(epicId: string): Case {
  const word = { verified: null, rejected: false, deleted: false };
  return { epicId, revision: 1, touched: false, fence: 0, cycle: noCycle, ...word };
}

function requireHonest(pick: Pick & { readonly n: number }): void {
  demand(isHonestPick(pick, commitmentOf(seedOf(testDrawSecret, pick.n))), 'a draw is the one that was committed to');
}

const isSame = (one: Who | null, other: Who): boolean =>
  one !== null && one.agent_id === other.agent_id && one.lineage.join() === other.lineage.join();

function demandStrangers(whoever: readonly (Who | null)[], other: Who, what: string): void {
  for (const one of whoever) {
    if (one === null) continue;
    const shares = one.lineage.some((dispatch) => other.lineage.includes(dispatch));
    demand(other.lineage.length > 0 && !shares && one.agent_id !== other.agent_id, what);
  }
}

function requireHolder({ story: { cycle }, by, kept: { at } }: Reading): void {
  demand(isSame(cycle.claim, by()), 'who holds a story works on it');
  demand(!cycle.handedIn && (cycle.claim?.until ?? '') > at, 'the lease runs');
}

/** What any verification stands on. */
function requireStanding(story: Case, who: Who): void {
  const { contract, claim, reporter, review } = story.cycle;
  demand(claim !== null && reporter !== null && review !== null, 'what is verified was done, reported and reviewed');
  demand(contract?.revision === story.revision, 'what is verified was contracted as it is');
  demand(story.verified === null, 'nothing is verified twice');
  demandStrangers([claim, reporter, review], who, 'nobody verifies what they did or reviewed');
}

function requireVerifier({ story, data, by, uses }: Reading): void {
  demand(isSame(partyIn(data), by()) && isSame(story.cycle.verifier, by()), 'who was drawn verifies');
  demand(by().role === 'orchestrator' && uses('verify'), 'a verification uses up its capability');
  requireStanding(story, by());
}

function endRun({ story: { cycle }, data, kept }: Reading, status: 'passed' | 'failed'): void {
  demand(
    cycle.run?.status === 'running' && cycle.run.id === data['run_id'],
    'the run that ends is the one of this cycle',
  );
  demand(kept.actor.kind === 'system', 'nobody but a worker says what came of a run');
  if (cycle.run !== null) cycle.run.status = status;
}

function end(story: Case): void {
  story.cycle = noCycle;
  story.rejected = false;
}

const partyIn = (data: JsonObject): Who => data['by'] as unknown as Who;

const rules: Readonly<Record<string, (reading: Reading) => void>> = {
  'story.contracted'({ story, data, by }) {
    demand(isSame(partyIn(data), by()), 'the contract is that of its actor');
    demand(data['criteria_revision'] === story.revision, 'the contract is about the present criteria');
    const contract = { revision: story.revision };
    if (story.cycle.claim === null) end(story);
    story.cycle = { ...(story.cycle.claim === null ? noCycle : story.cycle), contract };
    story.touched = true;
  },
  'story.claimed'({ story, data, by, isReady, kept }) {
    const { cycle } = story;
    const who = by();
    const { fence, lease_until: until } = data as unknown as { fence: number; lease_until: string };
    demand(isSame(partyIn(data), who) && who.role === 'agent', 'the claim is that of its actor');
    demand(cycle.contract?.revision === story.revision && cycle.claim === null, 'what is claimed was contracted');
    demand(isReady(), 'what is claimed waits for nothing');
    demand(fence === story.fence + 1 && until > kept.at, 'claims are counted, and have a lease');
    story.fence = fence;
    story.cycle = { ...cycle, claim: { agent_id: who.agent_id, lineage: who.lineage, fence, until } };
  },
  'story.started'(reading) {
    requireHolder(reading);
    demand(!reading.story.cycle.started && reading.uses('start'), 'a start uses up its capability, once');
    reading.story.cycle = { ...reading.story.cycle, started: true };
  },
  'story.lease_extended'(reading) {
    requireHolder(reading);
    const { claim } = reading.story.cycle;
    if (claim !== null) claim.until = reading.data['lease_until'] as string;
  },
  'story.artifact_added': requireHolder,
  'story.unclaimed'(reading) {
    requireHolder(reading);
    end(reading.story);
  },
  'story.force_unclaimed'({ story, kept: { actor } }) {
    demand(story.cycle.claim !== null && story.cycle.reporter === null, 'what is taken away is held');
    demand(actor.role !== 'agent', 'agents take nothing away');
    end(story);
  },
  'story.lapsed'({ story, kept: { at } }) {
    demand(story.cycle.claim !== null && story.cycle.claim.until <= at, 'only a lease that is over lapses');
    end(story);
  },
  'story.review_requested'(reading) {
    requireHolder(reading);
    const { story } = reading;
    demand(story.cycle.started, 'what is handed in was started');
    demand(story.cycle.contract?.revision === story.revision, 'what is handed in was contracted as it is');
    story.cycle = { ...story.cycle, handedIn: true };
  },
  'story.reviewer_picked'({ story, data }) {
    demand(story.cycle.handedIn, 'what is reviewed was handed in');
    demandStrangers([story.cycle.claim], partyIn(data), 'a reviewer is a stranger to the work');
    story.cycle = { ...story.cycle, reviewer: partyIn(data) };
  },
  'story.reported'({ story, data, by, uses }) {
    const { cycle } = story;
    demand(isSame(partyIn(data), by()) && isSame(cycle.reviewer, by()), 'who was drawn reports');
    demand(cycle.handedIn && cycle.reporter === null && uses('report'), 'a report uses up its capability, once');
    demandStrangers([cycle.claim], by(), 'nobody reports their own work');
    story.cycle = { ...cycle, reporter: partyIn(data) };
  },
  'story.review_completed'({ story, data, by, uses }) {
    const { cycle } = story;
    const { findings, fixes, disproved } = data as unknown as Record<'findings' | 'fixes' | 'disproved', number>;
    demand(isSame(partyIn(data), by()), 'the review is that of its actor');
    demand(
      cycle.reporter !== null && cycle.review === null && story.verified === null,
      'what is reviewed was reported',
    );
    const drawn = isSame(cycle.reviewer, by()) && uses('review');
    demand(drawn || by().role === 'orchestrator', 'who was drawn reviews with a capability, or an orchestrator');
    demand(fixes + disproved >= findings, 'every finding is dealt with');
    demandStrangers([cycle.claim], by(), 'nobody reviews their own work');
    story.cycle = { ...cycle, review: partyIn(data) };
  },
  'story.verifier_picked'({ story, data }) {
    const { claim, reporter, review } = story.cycle;
    demand(review !== null, 'what is verified was reviewed');
    demandStrangers([claim, reporter, review], partyIn(data), 'a verifier is a stranger to work and review');
    story.cycle = { ...story.cycle, verifier: partyIn(data) };
  },
  'story.verification_requested'(reading) {
    requireVerifier(reading);
    const { story, data, hasEnded } = reading;
    const { run } = story.cycle;
    demand(run?.status !== 'running' || hasEnded(run.id), 'one run at a time');
    story.cycle = { ...story.cycle, run: { ...partyIn(data), id: data['run_id'] as string, status: 'running' } };
  },
  'story.verification_passed'(reading) {
    endRun(reading, 'passed');
  },
  'story.verification_failed'(reading) {
    endRun(reading, 'failed');
    demand((reading.data['reasons'] as string[]).length > 0, 'a failure has its reasons');
  },
  'story.verified'(reading) {
    const { story, data } = reading;
    if (data['method'] === 'attested') {
      requireVerifier(reading);
      story.verified = 'attested';
      return;
    }
    const { run } = story.cycle;
    demand(run?.status === 'passed' && isSame(run, partyIn(data)), 'the word of the verifier and a run that passed');
    requireStanding(story, partyIn(data));
    story.verified = 'executed';
  },
  'story.backfilled'({ story, kept: { actor } }) {
    demand(!story.touched && story.verified === null, 'only what nobody took on is backfilled');
    demand(actor.role !== 'agent', 'agents backfill nothing');
    story.verified = 'backfilled';
    story.touched = true;
  },
  'story.verification_voided'({ story }) {
    demand(story.verified !== null, 'what is void was verified');
    story.verified = null;
  },
  'story.rejected'({ story, data, by }) {
    const who = by();
    demand(isSame(partyIn(data), who) && who.role === 'orchestrator', 'orchestrators reject');
    demandStrangers([story.cycle.claim], who, 'nobody rejects their own work');
    demand(story.verified === null, 'what is rejected is not verified any more');
    end(story);
    story.rejected = true;
  },
  'story.criteria_revised'({ story, data }) {
    demand(story.verified === null, 'other criteria void the verification');
    demand(data['revision'] === story.revision + 1, 'revisions are counted');
    story.revision += 1;
    const isHeld = story.cycle.claim !== null && !story.cycle.handedIn;
    if (isHeld) story.cycle = { ...story.cycle, contract: null };
    else if (story.cycle.contract !== null || !story.rejected) end(story);
  },
  'story.deleted'({ story }) {
    demand(story.verified === null, 'what is deleted is not verified any more');
    story.deleted = true;
  },
};
