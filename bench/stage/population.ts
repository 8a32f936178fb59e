// Tenants, epics and stories for the runs, made by ordinary commands through a ledger in this process.
import type { Actor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { createAgent } from '../../commands/agent.ts';
import { createDispatch } from '../../commands/dispatch.ts';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { registry } from '../../projections/index.ts';
import { openDatabase } from '../../sql/database.ts';
import { createLedger, type Ledger } from '../../sql/ledger.ts';
import { createTenantKeys, type TenantKeys } from '../../sql/tenant-keys.ts';
import type { Cluster } from './cluster.ts';
import { storyBody } from './request.ts';

export interface Tenant {
  readonly tenantId: string;
  /** Secret of a key with the role `user`. */
  readonly key: string;
  readonly projectId: string;
  readonly epics: readonly string[];
}

export interface Populator {
  found(tenants: number, epicsEach: number): Promise<Tenant[]>;
  /** Adds stories to the epics in turn, in whole epics of equal size. Returns the ids. */
  fill(tenant: Tenant, stories: number): Promise<string[]>;
  /** Mints a root for an agent of its own. Returns the secret of its key. */
  send(tenant: Tenant): Promise<string>;
  close(): Promise<void>;
}

interface Act<Command> {
  readonly tenantId: string;
  readonly actor: Actor;
  readonly definition: CommandDefinition<Command>;
  readonly command: Command;
}

/** So many commands are under way at once that batches are full. */
const width = 512;

export function openPopulator(cluster: Cluster): Populator {
  const database = openDatabase({ url: cluster.appUrl, max: 4, applicationName: 'bench-population' });
  const ledger = createLedger({ database, registry });
  const tenantKeys = createTenantKeys({ database, masterKey: cluster.masterKey });
  return {
    found: async (tenants, epicsEach) => {
      const places: Tenant[] = Array.from({ length: tenants });
      await inParallel(tenants, async (index) => {
        places[index] = await settleTenant(ledger, tenantKeys, epicsEach);
      });
      return places;
    },
    fill: (tenant, stories) => fillTenant(ledger, tenant, stories),
    send: (tenant) => sendAgent(ledger, tenant),
    close: () => database.close(),
  };
}

async function settleTenant(ledger: Ledger, tenantKeys: TenantKeys, epicsEach: number): Promise<Tenant> {
  const slug = `bench-${newId()}`;
  const founded = await foundTenantOn(ledger, tenantKeys, { name: 'Bench', slug });
  const { tenantId, secret, keyId: key_id } = founded;
  const actor: Actor = { kind: 'key', key_id, agent_id: null, role: 'user', lineage: [] };
  const projectId = newId();
  const project = { project_id: projectId, name: 'Exports', slug: 'exports' };
  await act(ledger, { tenantId, actor, definition: createProject, command: project });
  const epics = Array.from({ length: epicsEach }, () => newId());
  for (const epic_id of epics) {
    const epic = { epic_id, project_id: projectId, title: 'Daily export' };
    await act(ledger, { tenantId, actor, definition: createEpic, command: epic });
  }
  return { tenantId, key: secret, projectId, epics };
}

async function fillTenant(ledger: Ledger, tenant: Tenant, stories: number): Promise<string[]> {
  const { tenantId, epics } = tenant;
  const actor: Actor = { kind: 'key', key_id: newId(), agent_id: null, role: 'user', lineage: [] };
  const fields = JSON.parse(storyBody) as { readonly title: string };
  const each = Math.ceil(stories / epics.length);
  const ids = Array.from({ length: stories }, () => newId());
  await inParallel(stories, async (index) => {
    const epic_id = epics[Math.floor(index / each)] as string;
    const command = { ...fields, story_id: ids[index] as string, epic_id };
    await act(ledger, { tenantId, actor, definition: createStory, command });
  });
  return ids;
}

async function sendAgent(ledger: Ledger, { tenantId }: Tenant): Promise<string> {
  const step_up = { authenticator_id: newId(), act: 'createDispatch' };
  const actor: Actor = { kind: 'session', key_id: null, agent_id: null, role: 'user', lineage: [], step_up };
  const agent_id = newId();
  await act(ledger, { tenantId, actor, definition: createAgent, command: { agent_id, name: `agent ${agent_id}` } });
  const { secret, hash, prefix } = newKey('eph');
  const key = { key_id: newId(), prefix, secret_hash: hash.toString('hex') };
  const command = { dispatch_id: newId(), parent: null, role: 'agent', agent_id, expires_in: 14_400, key } as const;
  await act(ledger, { tenantId, actor, definition: createDispatch, command });
  return secret;
}

async function act<Command>(ledger: Ledger, { tenantId, actor, definition, command }: Act<Command>): Promise<void> {
  await ledger.execute({
    tenantId,
    actor,
    definition,
    command,
    correlationId: 'bench',
    idempotency: { key: newId(), requestHash: Buffer.alloc(32, 1), supplied: true },
    expectedVersion: null,
    render: ({ id, version }) => ({ status: 201, body: JSON.stringify({ id, version }) }),
  });
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
