// Holds what was claimed against what stands in the log: done exactly once and as told, refused never, unknown at most once.
import type { LoggedEvent } from '../../kernel/event.ts';
import type { Claim, Claims } from './claims.ts';
import type { Verdict } from './finding.ts';
import { digestOfMeaning, type Page } from './history.ts';
import { digestOf } from './history.ts';
import type { Stream } from './log-check.ts';
import { renderSubject } from './workload.ts';

export interface AnswerRow {
  readonly scope: string;
  readonly command_id: string;
  readonly status: number;
  readonly position: number;
  readonly version: number;
  readonly body: string;
}

export class ClaimCheck {
  /** In the order of the log: position - 1 is the index. */
  private readonly eventIds: string[] = [];
  private readonly answered = new Set<string>();
  private readonly tenant: string;
  private readonly claims: ReadonlyMap<string, Claim>;
  private readonly shared: boolean;
  private readonly verdict: Verdict;

  constructor(tenant: string, claims: Claims, verdict: Verdict) {
    this.tenant = tenant;
    this.claims = claims.byTenant.get(tenant) ?? new Map();
    this.shared = claims.shared.has(tenant);
    this.verdict = verdict;
  }

  event(event: LoggedEvent, stream: Stream): void {
    this.eventIds.push(event.id);
    const claim = this.claims.get(event.command_id);
    if (claim === undefined) {
      if (!this.shared) this.fault('origin', `${event.position}: nobody sent ${event.command_id}`);
      return;
    }
    if (claim.events > 0 && claim.position !== event.position - 1) {
      this.fault('once', `${event.command_id} stands at ${claim.position} and at ${event.position}`);
    }
    claim.events += 1;
    claim.position = event.position;
    if (claim.done?.position === event.position) this.checkBody(claim.done, stream);
  }

  /** The reply has to show what the log gives when it is folded up to there. */
  private checkBody(done: NonNullable<Claim['done']>, { id, entry }: Stream): void {
    if (done.meaning === null || digestOfMeaning(renderSubject({ id, ...entry })) === done.meaning) return;
    this.fault('same body', `${done.id} was told something else than what stands at ${done.position}`);
  }

  answer(row: AnswerRow): void {
    this.verdict.counts.answers += 1;
    const claim = this.claims.get(row.command_id);
    if (claim === undefined && this.shared) return;
    if (claim === undefined || claim.sent.scope !== row.scope) {
      this.fault('answers', `nobody sent ${row.command_id} for ${row.scope}`);
      return;
    }
    this.answered.add(row.command_id);
    if (claim.events > 0 && claim.position !== row.position) this.fault('answers', `position of ${row.command_id}`);
    const { done } = claim;
    if (done === null) return;
    const same = done.position === row.position && done.version === row.version && done.status === row.status;
    if (!same || digestOf(row.body) !== done.bytes) {
      this.fault('answers', `the kept answer to ${row.command_id} is not the one that was given`);
    }
  }

  finish(): void {
    for (const claim of this.claims.values()) {
      if (claim.done !== null) this.checkDone(claim, claim.done);
      else if (claim.refused) this.checkRefused(claim);
      else this.checkUnknown(claim);
    }
  }

  private checkDone({ sent, events, position }: Claim, done: NonNullable<Claim['done']>): void {
    this.verdict.counts.acknowledged += 1;
    const { id } = sent;
    if (events === 0 && sent.effect === 'all') this.fault('nothing lost', `${sent.name} ${id} is not in the log`);
    this.checkCount(sent, events);
    if (events > 0 && position !== done.position)
      this.fault('as told', `${id} was told ${done.position}, stands at ${position}`);
    if (done.position > this.eventIds.length)
      this.fault('nothing lost', `${id} was told ${done.position}, beyond the head`);
    if (events > 0 && sent.ifMatch !== null && done.version !== sent.ifMatch + 1) {
      this.fault('If-Match', `${id} asked for version ${sent.ifMatch} and made ${done.version}`);
    }
    if (sent.supplied && !this.answered.has(id)) this.fault('answers', `that to ${id} is not kept`);
  }

  /** Whole, or not at all. */
  private checkCount(sent: Claim['sent'], events: number): void {
    if (events === 0 || events === sent.events) return;
    this.fault('once', `${sent.name} ${sent.id} appended ${events} events`);
  }

  private checkRefused({ sent, events }: Claim): void {
    this.verdict.counts.refused += 1;
    if (events > 0) this.fault('refused', `${sent.name} ${sent.id} is in the log`);
    if (this.answered.has(sent.id)) this.fault('refused', `an answer to ${sent.id} is kept`);
  }

  private checkUnknown({ sent, events }: Claim): void {
    this.verdict.counts.unknown += 1;
    if (events > 0) this.verdict.counts.unknownDone += 1;
    this.checkCount(sent, events);
    if (events > 0 && sent.supplied && !this.answered.has(sent.id))
      this.fault('answers', `that to ${sent.id} is not kept`);
  }

  reader(name: string, pages: readonly Page[]): void {
    let cursor = 0;
    for (const page of pages) {
      this.verdict.counts.pages += 1;
      this.verdict.counts.readEvents += page.to - page.from + 1;
      if (page.from !== cursor + 1) this.fault('readers', `${name} got ${page.from} after ${cursor}`);
      const ids = this.eventIds.slice(page.from - 1, page.to);
      if (digestOf(ids.join()) !== page.digest)
        this.fault('readers', `${name} got other events at ${page.from}–${page.to}`);
      cursor = page.to;
    }
  }

  /** A reader that was left to finish has seen all. */
  readerEnded(name: string, position: number): void {
    if (position !== this.eventIds.length)
      this.fault('readers', `${name} ended at ${position} of ${this.eventIds.length}`);
  }

  private fault(rule: string, what: string): void {
    this.verdict.fault(rule, this.tenant, what);
  }
}
