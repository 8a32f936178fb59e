// Capabilities of a story, as facts: what was granted, used up and taken back.
import { type Static, Type } from 'typebox';
import { Digest } from '../kernel/digest.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { eventType } from '../kernel/stream.ts';

const closed = { additionalProperties: false } as const;

export const CapabilityAct = Type.Enum(['start', 'report', 'review', 'verify']);
export type CapabilityAct = Static<typeof CapabilityAct>;

export const CapabilityGranted = eventType(
  'story.capability_granted',
  Type.Object(
    {
      jti: Id,
      act: CapabilityAct,
      dispatch_id: Id,
      lineage_hash: Digest,
      token_hash: Digest,
      version: Type.Integer({ minimum: 1 }),
      issued_at: Timestamp,
      expires_at: Timestamp,
    },
    closed,
  ),
  'One act on a story was granted to one lineage, once.',
);
const spent = Type.Object({ jti: Id, act: CapabilityAct }, closed);
export const CapabilityConsumed = eventType('story.capability_consumed', spent, 'A granted act was done.');
export const CapabilityVoided = eventType('story.capability_voided', spent, 'A granted act may not be done any more.');

export type Grant = Static<typeof CapabilityGranted.shape>;
