// A lane: the commands of one tenant, waiting and in flight. One batch of a lane is out at any time.
import type { Refusal } from '../kernel/refusal.ts';
import type { Decided, ExecuteRequest } from './batch.ts';
import { type KnownRequest, scopeOf } from './commit-call.ts';
import type { Prepared } from './preparing.ts';
import { ledgerRefusals } from './refusals.ts';

export interface Result {
  readonly status: number;
  readonly body: string;
  readonly position: number;
  readonly version: number;
  readonly replayed: boolean;
}

/** A command that waits for its answer, which it gets exactly once. */
export class Pending {
  readonly request: ExecuteRequest;
  /** On the clock that only goes forward. */
  readonly deadline: number;
  /** Commits whose outcome is unknown: if one of these events stands at its position, the command is done. */
  readonly attempts: { readonly decided: Decided }[] = [];
  answered = false;
  private readonly tell: (result: Result | null, error: Error) => void;

  constructor(request: ExecuteRequest, deadline: number, tell: (result: Result | null, error: Error) => void) {
    this.request = request;
    this.deadline = deadline;
    this.tell = tell;
  }

  resolve(result: Result): void {
    this.answer(result, noError);
  }

  reject(error: Error): void {
    this.answer(null, error);
  }

  private answer(result: Result | null, error: Error): void {
    if (this.answered) return;
    this.answered = true;
    tellSoon(() => this.tell(result, error));
  }
}

let untold: (() => void)[] = [];

/** After the next batch is on its way: whoever hears an answer has work to do, and the database would wait for it. */
function tellSoon(tell: () => void): void {
  if (untold.push(tell) === 1) setImmediate(tellAll);
}

function tellAll(): void {
  const told = untold;
  untold = [];
  for (const tell of told) tell();
}

export function wasTried(pending: Pending): boolean {
  return pending.attempts.length > 0;
}

export interface Refused {
  readonly pending: Pending;
  readonly refusal: Error;
}

export function newLane(tenantId: string, losses: number): Lane {
  return { tenantId, queue: [], busy: false, sent: null, open: null, unmet: [], single: 0, losses };
}

export interface Lane {
  readonly tenantId: string;
  queue: Pending[];
  /** Set while a batch is being loaded, decided or committed. */
  busy: boolean;
  /** The batch in a call. */
  sent: Prepared | null;
  /** The batch that takes more commands: the next to be sent, and beside `sent` the one after it. */
  open: Prepared | null;
  /** Commands that ask for what is not at hand while a batch is in a call; they wait until none is. */
  unmet: Pending[];
  /** Set after a rejected batch: its commands go one by one, so that only the guilty one fails. */
  single: number;
  /** Races lost to other processes, less those won: each time one of them wrote between our decision and our commit. */
  losses: number;
}

const noError = new Error('no error');

const pendingTimeText = /"\\u0001recorded_at"/g;

/** A body with the commit's time in the places that waited for it. */
function fillTime(body: string, committedAt: string): string {
  return body.replace(pendingTimeText, `"${committedAt}"`);
}

export function answerDone(pending: Pending, decided: Decided, committedAt: string): void {
  const { status, position, version } = decided;
  pending.resolve({ status, position, version, replayed: false, body: fillTime(decided.body, committedAt) });
}

function answerKnown(pending: Pending, known: KnownRequest): void {
  if (known.requestHash !== pending.request.idempotency.requestHash.toString('hex')) {
    pending.reject(ledgerRefusals.refuse('idempotency_mismatch', 'This Idempotency-Key was used for another request.'));
    return;
  }
  const { status, body, position, version } = known;
  pending.resolve({ status, body, position, version, replayed: true });
}

/** Answers the commands that were done before, and returns the others. */
export function answerAllKnown(pendings: readonly Pending[], requests: readonly KnownRequest[]): Pending[] {
  const known = new Map(requests.map((request) => [`${request.scope} ${request.key}`, request]));
  return pendings.filter((pending) => {
    const found = known.get(requestKey(pending.request));
    if (found !== undefined) answerKnown(pending, found);
    return found === undefined;
  });
}

export function requestKey(request: ExecuteRequest): string {
  return `${scopeOf(request)} ${request.idempotency.key}`;
}

/** Rejects what has waited too long, and returns the others. What was never tried did certainly not happen. */
export function expire(pendings: readonly Pending[], refusal: () => Refusal): Pending[] {
  const now = performance.now();
  return pendings.filter((pending) => {
    if (now < pending.deadline) return true;
    pending.reject(pending.attempts.length > 0 ? outcomeUnknown() : refusal());
    return false;
  });
}

const retryLater = { headers: { 'retry-after': '1' } };

export function overloaded(): Refusal {
  return ledgerRefusals.refuse('overloaded', 'Too many writes are waiting.', retryLater);
}

/** Other processes wrote the tenant each time before this command could be decided and written. */
export function tooLate(): Refusal {
  return ledgerRefusals.refuse('overloaded', 'Too many processes write this tenant at once.', retryLater);
}

function outcomeUnknown(): Refusal {
  return ledgerRefusals.refuse(
    'outcome_unknown',
    'The database went away during this write. Repeat the request with the same Idempotency-Key to learn its outcome.',
    { headers: { 'retry-after': '1' } },
  );
}
