// Roots for tests: minted by the ledger as a user with an authenticator would, without the ceremony in a browser.
import { createAgent } from '../../commands/agent.ts';
import { createDispatch } from '../../commands/dispatch.ts';
import type { Actor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { request } from './ledger.ts';

export interface Root {
  readonly dispatchId: string;
  readonly agentId: string;
  readonly keyId: string;
  /** Of the ephemeral key. */
  readonly secret: string;
}

export interface RootWish {
  readonly tenantId: string;
  readonly role: 'orchestrator' | 'agent';
  /** Without one the root is for an agent of its own. */
  readonly agentId?: string;
  readonly story_id?: string;
  readonly expires_in?: number;
}

export async function mintRoot(ledger: Ledger, wish: RootWish): Promise<Root> {
  const { tenantId, role, story_id, expires_in = 3_600 } = wish;
  const agentId = wish.agentId ?? (await hire(ledger, tenantId));
  const { secret, hash, prefix } = newKey('eph');
  const [dispatchId, keyId] = [newId(), newId()];
  const step_up = { authenticator_id: newId(), act: 'createDispatch' };
  const actor: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], step_up };
  const key = { key_id: keyId, prefix, secret_hash: hash.toString('hex') };
  const command = { dispatch_id: dispatchId, parent: null, role, agent_id: agentId, expires_in, key };
  const scope = story_id === undefined ? {} : { story_id };
  await ledger.execute(request(tenantId, createDispatch, { ...command, ...scope }, { actor }));
  return { dispatchId, agentId, keyId, secret };
}

export async function hire(ledger: Ledger, tenantId: string): Promise<string> {
  const agent_id = newId();
  await ledger.execute(request(tenantId, createAgent, { agent_id, name: `agent ${agent_id}` }));
  return agent_id;
}
