// Facts of a tenant, its agents and its keys, with what a test does not care about filled in.
import { AgentCreated } from '../../events/agent.ts';
import { DispatchCreated, DispatchRevoked } from '../../events/dispatch.ts';
import { type Key, KeyCreated, KeyRevoked } from '../../events/key.ts';
import { DrawCommitted } from '../../events/draw.ts';
import { SigningKeyCreated } from '../../events/signing-key.ts';
import { TenantFounded } from '../../events/tenant.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { signingPurposes } from '../../kernel/signing.ts';
import { record } from '../../kernel/stream.ts';
import { idOf, tenantId } from './given.ts';

export const tenantRef = { type: 'tenant', id: tenantId };
export const agentRef = (number: number) => ({ type: 'agent', id: idOf(number) });
export const keyRef = (number: number) => ({ type: 'key', id: idOf(number) });
export const secretHash = 'a'.repeat(64);
export const prefix = 'll_live_0000';

export const founded = record(TenantFounded, tenantRef, { name: 'Meridian', slug: 'meridian' }, null);

const public_key = 'A'.repeat(43);
/** What founding says of the keys that the tenant signs and draws with. */
export const foundingKeys = {
  signing_keys: signingPurposes.map((purpose, at) => ({ signing_key_id: idOf(800_001 + at), purpose, public_key })),
  commitment: 'c'.repeat(64),
};

export const keysFounded: readonly NewEvent[] = [
  ...foundingKeys.signing_keys.map(({ signing_key_id, ...shape }) =>
    record(SigningKeyCreated, { type: 'signing_key', id: signing_key_id }, { ...shape, succession: null }, null),
  ),
  record(DrawCommitted, { type: 'draw', id: tenantId }, { n: 1, commitment: foundingKeys.commitment }, null),
];

export function agentCreated(number: number, name = `agent ${number}`): NewEvent {
  return record(AgentCreated, agentRef(number), { name, description: '' }, null);
}

/** A user's key unless an agent is named; its role is then agent unless it is told. */
export function keyCreated(
  number: number,
  told: Partial<Pick<Key, 'role' | 'agent_id' | 'expires_at'>> = {},
): NewEvent {
  const { agent_id = null, expires_at = null, role = agent_id === null ? 'user' : 'agent' } = told;
  const data = { name: `key ${number}`, role, agent_id, prefix, secret_hash: secretHash, expires_at };
  return record(KeyCreated, keyRef(number), data, null);
}

const dispatchRef = (number: number) => ({ type: 'dispatch', id: idOf(number) });
export const startOfHour = '2026-03-01T00:00:00.000Z';
export const endOfHour = '2026-03-01T01:00:00.000Z';

export interface ToldDispatch {
  readonly role?: 'orchestrator' | 'agent';
  readonly agent?: number;
  readonly story_id?: string;
  readonly expires_at?: string;
}

/** The dispatch that a line of numbers ends with, and its key, whose number is higher by 1000. */
export function dispatched(line: readonly number[], told: ToldDispatch = {}): NewEvent[] {
  const { role = 'orchestrator', agent = 1, story_id = null, expires_at = endOfHour } = told;
  const own = line.at(-1) as number;
  const lineage = line.map(idOf);
  const [agent_id, key_id, dispatch_id] = [idOf(agent), idOf(own + 1_000), idOf(own)];
  const parent_id = lineage.at(-2) ?? null;
  const dispatch = { dispatch_id, lineage, story_id };
  const key = { name: `agent ${agent}`, role, agent_id, prefix, secret_hash: secretHash, expires_at, dispatch };
  const data = { parent_id, lineage, role, agent_id, story_id, key_id, expires_at };
  return [record(DispatchCreated, dispatchRef(own), data, null), record(KeyCreated, keyRef(own + 1_000), key, null)];
}

export function dispatchRevoked(line: readonly number[], by: number, agent = 1): NewEvent[] {
  const own = line.at(-1) as number;
  return [
    record(DispatchRevoked, dispatchRef(own), { root_id: idOf(line[0] as number), by: idOf(by) }, null),
    record(KeyRevoked, keyRef(own + 1_000), { agent_id: idOf(agent) }, null),
  ];
}
