// Prepares what a lane sends next: its commands decided in order, told apart by what becomes of them.
import { Batch, type BatchSources, type Decided, type ExecuteRequest, type Missing } from './batch.ts';
import { largeBytes } from './commit-call.ts';
import type { Foresight } from './foresight.ts';
import { type Lane, type Pending, type Refused, requestKey } from './lane.ts';
import type { TenantMemory } from './memory.ts';

export interface Prepared {
  readonly lane: Lane;
  readonly tenantId: string;
  readonly batch: Batch;
  readonly commands: { readonly pending: Pending; readonly request: ExecuteRequest; readonly decided: Decided }[];
  /** Right only if the state that they were decided on is the present one; the commit of the batch tells. */
  readonly refused: Refused[];
}

export interface Preparation {
  readonly prepared: Prepared;
  /** When there is any, nothing of the rest counts: memory may have moved before it is filled. */
  readonly missing: readonly Missing[];
  readonly later: readonly Pending[];
}

export interface Mind extends BatchSources {
  readonly foresight: Foresight;
}

export function prepareBatch(mind: Mind, lane: Lane, tenant: TenantMemory, pendings: readonly Pending[]): Preparation {
  const batch = new Batch(mind, tenant);
  const prepared: Prepared = { lane, tenantId: lane.tenantId, batch, commands: [], refused: [] };
  const keys = new Set<string>();
  const missing: Missing[] = [];
  const later: Pending[] = [];
  for (const pending of pendings) {
    const key = requestKey(pending.request);
    // The second of two equal keys waits for the first, and then finds its answer.
    if (keys.has(key) || batch.bytes > largeBytes) {
      later.push(pending);
      continue;
    }
    keys.add(key);
    const verdict = batch.decide(pending.request);
    if (verdict.kind === 'missing') {
      mind.foresight.learn(pending.request, verdict.missing);
      missing.push(...verdict.missing);
    } else if (verdict.kind === 'refused') prepared.refused.push({ pending, refusal: verdict.refusal });
    else prepared.commands.push({ pending, request: pending.request, decided: verdict.decided });
  }
  return { prepared, missing, later };
}

export function pendingsOf({ commands, refused }: Prepared): Pending[] {
  return [...commands, ...refused].map(({ pending }) => pending);
}
