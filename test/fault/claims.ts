// What writers and readers claim, gathered from their histories: one claim for each command id.
import {
  type Done,
  type Ended,
  type HistoryRecord,
  type Page,
  readHistories,
  type Refused,
  type Sent,
  type Unknown,
} from './history.ts';
import type { Verdict } from './finding.ts';

export interface Claim {
  readonly sent: Sent;
  /** The first acknowledgement; every later one has to say the same. */
  done: Done | null;
  refused: boolean;
  /** Set when it was found in the log: the position of its last event, and how many it has. */
  position: number;
  events: number;
}

type Outcome = Done | Refused | Unknown;

export interface Claims {
  readonly byTenant: ReadonlyMap<string, ReadonlyMap<string, Claim>>;
  /** By tenant, then by reader. */
  readonly pages: ReadonlyMap<string, ReadonlyMap<string, Page[]>>;
  readonly ended: readonly Ended[];
  readonly shared: ReadonlySet<string>;
}

class Gathering implements Claims {
  readonly byTenant = new Map<string, Map<string, Claim>>();
  readonly pages = new Map<string, Map<string, Page[]>>();
  readonly ended: Ended[] = [];
  readonly shared = new Set<string>();
  private readonly verdict: Verdict;
  private readonly withCommands: boolean;
  private readonly early: Outcome[] = [];

  constructor(verdict: Verdict, withCommands: boolean) {
    this.verdict = verdict;
    this.withCommands = withCommands;
  }

  add(record: HistoryRecord): void {
    if (record.kind === 'sent') this.send(record);
    else if (record.kind === 'page') this.turn(record);
    else if (record.kind === 'ended') this.ended.push(record);
    else if (record.kind === 'shared') this.shared.add(record.tenant);
    else if (record.kind === 'broken') this.verdict.fault('seen by the writer', record.tenant, record.what);
    else if (this.byTenant.get(record.tenant)?.has(record.id) === true) this.conclude(record);
    else this.early.push(record);
  }

  /** A process that repeats what another one sent has its own file, which may be read first. */
  finish(): void {
    for (const record of this.early) this.conclude(record);
  }

  private send(sent: Sent): void {
    const tenant = entryOf(this.byTenant, sent.tenant, () => new Map<string, Claim>());
    if (tenant.has(sent.id)) return;
    // A million commands are more than memory has room for, and only a repeat needs them.
    const kept = this.withCommands ? sent : { ...sent, command: null };
    tenant.set(sent.id, { sent: kept, done: null, refused: false, position: 0, events: 0 });
  }

  private turn(page: Page): void {
    const readers = entryOf(this.pages, page.tenant, () => new Map<string, Page[]>());
    entryOf(readers, page.reader, () => []).push(page);
  }

  private conclude(record: Outcome): void {
    const claim = this.byTenant.get(record.tenant)?.get(record.id);
    if (claim === undefined) throw new Error(`the history tells the outcome of ${record.id}, but not that it was sent`);
    if (record.kind === 'done') this.acknowledge(claim, record);
    if (record.kind === 'refused') claim.refused = true;
  }

  private acknowledge(claim: Claim, done: Done): void {
    if (done.replayed) this.verdict.counts.replayed += 1;
    const first = claim.done;
    claim.done ??= done;
    if (first === null) return;
    const same = first.position === done.position && first.version === done.version && first.bytes === done.bytes;
    if (!same) this.verdict.fault('one answer', done.tenant, `${done.id} was acknowledged twice, with two answers`);
  }
}

export async function gatherClaims(folder: string, verdict: Verdict, withCommands = false): Promise<Claims> {
  const gathering = new Gathering(verdict, withCommands);
  for await (const record of readHistories(folder)) gathering.add(record);
  gathering.finish();
  return gathering;
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
