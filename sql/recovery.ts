// What becomes of commands whose batch was not committed: refused, found done after all, or tried again.
import { errorOf, refusalOf } from './constraint.ts';
import { databaseUnavailable, type Database, isConnectionFailure } from './database.ts';
import { answerAllKnown, answerDone, outcomeUnknown, type Pending, type Refused } from './lane.ts';
import { findAttempts, findRequests } from './outcome.ts';
import type { Registry } from './registry.ts';

const retryEveryMs = 100;

export class Recovery {
  private readonly database: Database;
  private readonly registry: Registry;

  constructor(database: Database, registry: Registry) {
    this.database = database;
    this.registry = registry;
  }

  refuseAll(refused: readonly Refused[]): void {
    const supplied = refused.filter(({ pending }) => pending.request.idempotency.supplied);
    for (const one of refused) if (!one.pending.request.idempotency.supplied) one.pending.reject(one.refusal);
    if (supplied.length > 0) void this.refuseUnlessKnown(supplied);
  }

  /** A refused command may be the repeat of one that was done: then its first answer is the answer. */
  private async refuseUnlessKnown(refused: readonly Refused[]): Promise<void> {
    const pendings = refused.map(({ pending }) => pending);
    try {
      const known = await findRequests(
        this.database,
        pendings.map(({ request }) => request),
      );
      const unknown = new Set(answerAllKnown(pendings, known));
      for (const { pending, refusal } of refused) if (unknown.has(pending)) pending.reject(refusal);
    } catch (error) {
      for (const pending of pendings)
        pending.reject(isConnectionFailure(error) ? databaseUnavailable() : errorOf(error));
    }
  }

  /** Answers the commands that an earlier attempt did after all, and returns the rest. */
  async withoutDone(pendings: readonly Pending[]): Promise<Pending[]> {
    const tried = pendings.filter((pending) => pending.attempts.length > 0);
    if (tried.length === 0) return [...pendings];
    const done = await findAttempts(this.database, tried);
    return pendings.filter((pending) => {
      const found = done.get(pending);
      if (found !== undefined) answerDone(pending, found.decided, found.committedAt);
      return found === undefined;
    });
  }

  /** Waits for the database to come back, up to each command's deadline, and returns those to be tried again. */
  async wait(pendings: readonly Pending[], cause: unknown): Promise<Pending[]> {
    if (!isConnectionFailure(cause)) return rejectAll(pendings, refusalOf(this.registry, cause));
    let waiting = [...pendings];
    while (waiting.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
      waiting = expire(waiting);
      try {
        return await this.withoutDone(waiting);
      } catch (error) {
        if (!isConnectionFailure(error)) return rejectAll(waiting, errorOf(error));
      }
    }
    return [];
  }
}

function rejectAll(pendings: readonly Pending[], error: Error): Pending[] {
  for (const pending of pendings) pending.reject(error);
  return [];
}

function expire(pendings: readonly Pending[]): Pending[] {
  return pendings.filter((pending) => {
    if (Date.now() < pending.deadline) return true;
    pending.reject(pending.attempts.length > 0 ? outcomeUnknown() : databaseUnavailable());
    return false;
  });
}
