// Facts of a tenant, its agents and its keys, with what a test does not care about filled in.
import { AgentCreated } from '../../events/agent.ts';
import { type Key, KeyCreated } from '../../events/key.ts';
import { TenantFounded } from '../../events/tenant.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { idOf, tenantId } from './given.ts';

export const tenantRef = { type: 'tenant', id: tenantId };
export const agentRef = (number: number) => ({ type: 'agent', id: idOf(number) });
export const keyRef = (number: number) => ({ type: 'key', id: idOf(number) });
export const secretHash = 'a'.repeat(64);
export const prefix = 'll_live_0000';

export const founded = record(TenantFounded, tenantRef, { name: 'Meridian', slug: 'meridian' }, null);

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
