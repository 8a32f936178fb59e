// What was found out, as an in-toto statement in a DSSE envelope: anybody with the tenant's public key can check who says so.
import { canonicalJson } from '../../kernel/canonical.ts';
import type { JsonObject } from '../../kernel/event.ts';
import { soundJson } from '../../kernel/sound.ts';
import type { VerificationOrder } from '../../kernel/verification.ts';
import type { Observed } from './observe.ts';

const statementType = 'https://in-toto.io/Statement/v1';
const predicateType = 'https://loopledger.dev/verification/v1';
const payloadType = 'application/vnd.in-toto+json';

export interface Seen {
  readonly tree: Observed;
  readonly tier: string;
  /** Hash of the image of the sandbox; null where the tier has none. */
  readonly image: string | null;
  readonly hash: string;
}

export interface Finding {
  readonly tenantId: string;
  readonly runId: string;
  /** All that was in the log when this was written. */
  readonly position: number;
  readonly at: string;
  readonly order: VerificationOrder;
  readonly testsHash: string | null;
  readonly commit: Seen | null;
  readonly base: Seen | null;
  readonly reasons: readonly string[];
}

export interface Signature {
  readonly keyId: string;
  readonly signature: Buffer;
}

export async function signedStatement(finding: Finding, sign: (bytes: Buffer) => Promise<Signature>): Promise<string> {
  const payload = Buffer.from(canonicalJson(soundJson(statementOf(finding))));
  const { keyId, signature } = await sign(preAuthenticated(payload));
  const signatures = [{ keyid: keyId, sig: signature.toString('base64') }];
  return JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures });
}

/** DSSE v1: type and length are signed with the payload, so that it can be read as nothing else. */
export function preAuthenticated(payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function statementOf(finding: Finding): JsonObject {
  const { order, tenantId, runId, position, at, testsHash, commit, base, reasons } = finding;
  return {
    _type: statementType,
    subject: [{ name: order.git_remote, digest: { gitCommit: order.commit } }],
    predicateType,
    predicate: {
      result: reasons.length === 0 ? 'passed' : 'failed',
      reasons: [...reasons],
      tenant_id: tenantId,
      story_id: order.story_id,
      run_id: runId,
      log_position: position,
      at,
      cycle: order.cycle,
      criteria_revision: order.criteria_revision,
      criteria: order.criteria.map(({ binding, note }) => ({ binding, note })),
      tests: { ref: order.tests_ref, commit: testsHash, folder: order.tests_folder, runner: order.runner },
      seen: seenOf(commit),
      base: seenOf(base),
    },
  };
}

function seenOf(seen: Seen | null): JsonObject | null {
  if (seen === null) return null;
  const { tree, tier, image, hash } = seen;
  const named = (outcome: string): string[] =>
    [...tree.tests]
      .filter(([, told]) => told === outcome)
      .map(([name]) => name)
      .toSorted();
  return {
    commit: hash,
    tier,
    image,
    environment: tree.environment,
    faults: [...tree.faults],
    passed: named('passed'),
    failed: named('failed'),
    skipped: named('skipped'),
    printed: tree.log,
  };
}
