// Batches in the making: the commands of a lane decided in order, told apart by what becomes of them. A batch takes more
// commands until it is sent, and the next one is begun while it is on its way, as if it had landed already.
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
  readonly keys: Set<string>;
}

export interface Mind extends BatchSources {
  readonly foresight: Foresight;
}

export const maxBatchCommands = 256;

/** After `before`, if that is given and lands. */
export function beginBatch(mind: Mind, lane: Lane, tenant: TenantMemory, before: Prepared | null = null): Prepared {
  const batch = new Batch(mind, tenant, before?.batch ?? null);
  return { lane, tenantId: lane.tenantId, batch, commands: [], refused: [], keys: new Set() };
}

export interface Extension {
  readonly missing: readonly Missing[];
  /** Those that asked for what is missing. */
  readonly unmet: readonly Pending[];
  readonly later: readonly Pending[];
  /** A decision was broken off halfway: the batch is of no use any more. */
  readonly spoilt: boolean;
}

export function extendBatch(
  mind: Mind,
  { batch, commands, refused, keys }: Prepared,
  pendings: readonly Pending[],
  earlierKeys?: ReadonlySet<string>,
): Extension {
  const missing: Missing[] = [];
  const unmet: Pending[] = [];
  const later: Pending[] = [];
  let spoilt = false;
  for (const pending of pendings) {
    const key = requestKey(pending.request);
    // The second of two equal keys waits for the first, and then finds its answer.
    if (spoilt || keys.has(key) || earlierKeys?.has(key) === true || batch.bytes > largeBytes) {
      later.push(pending);
      continue;
    }
    const staged = batch.events.length;
    const verdict = batch.decide(pending.request);
    if (verdict.kind === 'missing') {
      mind.foresight.learn(pending.request, verdict.missing);
      missing.push(...verdict.missing);
      unmet.push(pending);
      spoilt ||= batch.events.length > staged;
      continue;
    }
    keys.add(key);
    if (verdict.kind === 'refused') refused.push({ pending, refusal: verdict.refusal });
    else commands.push({ pending, request: pending.request, decided: verdict.decided });
  }
  return { missing, unmet, later, spoilt };
}

export interface Preparation {
  readonly prepared: Prepared;
  /** When there is any, nothing of the rest counts: memory may have moved before it is filled. */
  readonly missing: readonly Missing[];
  readonly later: readonly Pending[];
}

export function prepareBatch(mind: Mind, lane: Lane, tenant: TenantMemory, pendings: readonly Pending[]): Preparation {
  const prepared = beginBatch(mind, lane, tenant);
  const { missing, later } = extendBatch(mind, prepared, pendings);
  return { prepared, missing, later };
}

export function pendingsOf({ commands, refused }: Prepared): Pending[] {
  return [...commands, ...refused].map(({ pending }) => pending);
}
