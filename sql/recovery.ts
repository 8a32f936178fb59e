// What becomes of commands whose batch was not committed: refused, found done after all, or tried again.
import { errorOf } from './constraint.ts';
import { databaseUnavailable, isConnectionFailure, type Queryable } from './database.ts';
import { answerAllKnown, answerDone, expire, type Pending, type Refused, wasTried } from './lane.ts';
import { findAttempts, findRequests } from './outcome.ts';

const retryEveryMs = 100;

export class Recovery {
  private readonly database: Queryable;

  constructor(database: Queryable) {
    this.database = database;
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
  async withoutDone(pendings: readonly Pending[], database: Queryable = this.database): Promise<Pending[]> {
    const tried = pendings.filter(wasTried);
    if (tried.length === 0) return [...pendings];
    const done = await findAttempts(database, tried);
    return pendings.filter((pending) => {
      const found = done.get(pending);
      if (found !== undefined) answerDone(pending, found.decided, found.committedAt);
      return found === undefined;
    });
  }

  /** Waits a little for the database to come back, and returns those that may still be tried. */
  async wait(pendings: readonly Pending[]): Promise<Pending[]> {
    await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
    return expire(pendings, databaseUnavailable);
  }
}
