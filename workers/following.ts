// What a subscriber can carry through the logs: one step of one tenant at a time.
import { advance, type AsyncProjection, foldOf, type Progress } from '../projections/checkpoint.ts';
import type { Fold } from '../projections/fold.ts';
import { codeOf, type Database, notAllowed } from '../sql/database.ts';
import { fanOut } from '../sql/delivery.ts';

export interface Following {
  /** Also of its checkpoints. */
  readonly name: string;
  /** Null when another worker is at it. */
  advance(tenantId: string): Promise<Progress | null>;
  /** After a failure: what is in memory of the tenant may be wrong. */
  forget(tenantId: string): void;
}

/** Memory that is dropped is read again from the log, so these bounds only cost time. */
const maxFolds = 200;
const maxStreamsPerFold = 5_000;

export function followingOf(database: Database, projection: AsyncProjection): Following {
  const folds = new Map<string, Fold>();
  const foldFor = (tenantId: string): Fold => {
    const known = folds.get(tenantId);
    const fold = known ?? foldOf(projection);
    if (fold.size > maxStreamsPerFold) fold.forget();
    folds.delete(tenantId);
    folds.set(tenantId, fold);
    for (const oldest of folds.keys()) {
      if (folds.size <= maxFolds) break;
      folds.delete(oldest);
    }
    return fold;
  };
  return {
    name: projection.name,
    advance: (tenantId) => advance({ database, projection, tenantId, fold: foldFor(tenantId) }),
    forget: (tenantId) => void folds.delete(tenantId),
  };
}

/** The deliveries of new events; `wake` hears at once of webhooks that got some. */
export function fanOutFollowing(
  database: Database,
  wake: (tenantId: string, webhookIds: readonly string[]) => void,
): Following {
  // Another role's work: no tenant is ever behind here. Whoever delivers says once that nothing is sent.
  const nothingToDo = { position: Number.MAX_SAFE_INTEGER, head: 0 };
  let isAllowed = true;
  return {
    name: 'webhooks',
    async advance(tenantId) {
      if (!isAllowed) return nothingToDo;
      const made = await fanOut(database, tenantId).catch((error: unknown) => {
        if (codeOf(error) !== notAllowed) throw error;
        isAllowed = false;
      });
      if (made === undefined) return nothingToDo;
      if (made === null) return null;
      if (made.webhooks.length > 0) wake(tenantId, made.webhooks);
      return { position: made.reached, head: made.head };
    },
    forget: () => undefined,
  };
}
