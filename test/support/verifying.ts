// A verification driven by hand: the step alone, with a world that keeps contents in memory and runs code in one tier.
import { hash } from 'node:crypto';
import { firstThresholds } from '../../events/model-routing.ts';
import type { Run } from '../../events/run.ts';
import type { JsonObject } from '../../kernel/event.ts';
import type { Judgement, VerificationOrder } from '../../kernel/verification.ts';
import { verifier, type VerifyOptions } from '../../runs/verify.ts';
import type { StepWorld } from '../../runs/step.ts';
import type { SandboxPort } from '../../sandbox/port.ts';
import { idOf, testSigner } from './given.ts';
import { executed } from './verification.ts';

const runId = idOf(70);
const theTenant = idOf(71);

export interface Verified {
  readonly judgement: Judgement;
  readonly envelope: { readonly payload: string; readonly signatures: readonly { readonly sig: string }[] };
  /** Of the statement. */
  readonly predicate: JsonObject;
  readonly subject: JsonObject;
}

export type Told = Partial<VerificationOrder> & Pick<VerificationOrder, 'git_remote' | 'commit'>;

export function orderWith(told: Told, bindings: readonly string[]): VerificationOrder {
  const criteria = bindings.map((binding) => ({ binding, note: null }));
  return { ...executed, story_id: idOf(72), cycle: 1, criteria_revision: 1, criteria, ...told };
}

type Place = Pick<StepWorld, 'run' | 'runId' | 'tenantId'>;

/** Of a step that asks no model and reads no content. */
function worldOf(place: Place, port: SandboxPort, { keep }: Pick<StepWorld, 'keep'>): StepWorld {
  return {
    ...place,
    keep,
    signal: new AbortController().signal,
    execute: (request) => port.run(request),
    note: async () => undefined,
    read: async () => Buffer.alloc(0),
    tell: () => undefined,
    thresholds: async () => firstThresholds,
    now: Date.now,
    ask: async () => ({ stop: 'budget', detail: 'nobody is asked' }),
  };
}

export async function verifyBy(
  port: SandboxPort,
  order: VerificationOrder,
  options: Partial<VerifyOptions> = {},
): Promise<Verified> {
  const kept = new Map<string, Buffer>();
  const world = worldOf(
    { run: { order, judgement: null, breaks: 0 } as unknown as Run, runId, tenantId: theTenant },
    port,
    {
      async keep(content) {
        const bytes = Buffer.from(content);
        const sha256 = hash('sha256', bytes, 'hex');
        kept.set(sha256, bytes);
        return { sha256, size: bytes.length };
      },
    },
  );
  const sign = async (_tenant: string, bytes: Buffer) => ({
    keyId: testSigner.keyId,
    signature: testSigner.sign(bytes),
  });
  const step = verifier({ sign, position: async () => 7, allowLocal: true, ...options });
  const [fact] = await step(world, { kind: 'verify' });
  if (fact?.kind.type !== 'run.verification_judged') throw new Error(`it is ${fact?.kind.type}`);
  const judgement = fact.data as unknown as Judgement;
  const text = kept.get(judgement.statement.sha256)?.toString() ?? '';
  const envelope = JSON.parse(text) as Verified['envelope'];
  const { predicate, subject } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
    predicate: JsonObject;
    subject: JsonObject;
  };
  return { judgement, envelope, predicate, subject };
}
