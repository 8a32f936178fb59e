// What custody writes of a story, and the turns that its facts give to it.
import type { Static } from 'typebox';
import type { Grant } from './story-custody-capability.ts';
import type { AgentStatus, Custody, VerifiedMethod, VerifiedStatus } from './story-custody-shape.ts';

/** The part of a story that custody writes, and nothing else. */
export interface Life {
  readonly agent_status: Static<typeof AgentStatus>;
  readonly verified_status: Static<typeof VerifiedStatus>;
  readonly verified_method: Static<typeof VerifiedMethod> | null;
  /** Null for a story that nobody ever took on. */
  readonly custody: Custody | null;
  /** Not shown: only who presents a token learns whether it is good. */
  readonly capabilities: { readonly open: readonly Grant[]; readonly spent: readonly string[] };
}

export const untouched: Life = {
  agent_status: 'pending',
  verified_status: 'unverified',
  verified_method: null,
  custody: null,
  capabilities: { open: [], spent: [] },
};

const noCustody: Custody = {
  fence: 0,
  contract: null,
  implementer: null,
  lease_until: null,
  commit: null,
  artifacts: [],
  waits_for: null,
  reviewer: null,
  reporter: null,
  review: null,
  signals: null,
  suspicion: null,
  second_review: null,
  verifier: null,
  verification_run: null,
  verification: null,
  rejection: null,
};

/** Capabilities that were used live a quarter of an hour at most; by then these are forgotten too. */
const maxSpent = 32;

export function within(life: Life, change: Partial<Custody>): Pick<Life, 'custody'> {
  return { custody: { ...(life.custody ?? noCustody), ...change } };
}

export function spend({ open, spent }: Life['capabilities'], jti: string): Life['capabilities'] {
  return { open: open.filter((grant) => grant.jti !== jti), spent: [...spent, jti].slice(-maxSpent) };
}

/** Pending again. What was granted in the cycle that ends is granted no more. */
export function endCycle(life: Life, change: Partial<Custody> = {}): Partial<Life> {
  const { open, spent } = life.capabilities;
  return {
    agent_status: 'pending',
    verified_status: 'unverified',
    verified_method: null,
    custody: { ...noCustody, fence: life.custody?.fence ?? 0, ...change },
    capabilities: { open: [], spent: [...spent, ...open.map(({ jti }) => jti)].slice(-maxSpent) },
  };
}
