// Who the caller is, as its key tells: the first question of every new client.
import { Type } from 'typebox';
import { type Actor, platformId, roles } from '../kernel/actor.ts';
import { Lineage } from '../kernel/lineage.ts';
import { Id, Name, Slug } from '../kernel/shape.ts';
import { keyFields } from '../events/key.ts';
import { keyRefusals } from '../policies/key.ts';
import { tenantRules } from '../policies/tenant.ts';
import { findCaller } from '../projections/key.ts';
import { findOperator, OperatorView } from '../projections/operator.ts';
import { findTenant, type TenantView } from '../projections/tenant.ts';
import { type ActionView, NextActions, showAction } from './action.ts';
import type { Answer, Call } from './call.ts';
import type { ApiContext } from './context.ts';
import { askLedger } from './ask.ts';
import { showNextSteps } from './next-step.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;

const CallerView = Type.Object(
  {
    role: Type.Enum([...roles]),
    key: Type.Union([
      Type.Object({ id: Id, name: Name, prefix: keyFields.prefix, expires_at: keyFields.expires_at }, closed),
      Type.Null(),
    ]),
    operator: Type.Union([OperatorView, Type.Null()], { description: 'The person whose session this is' }),
    agent: Type.Union([Type.Object({ id: Id, name: Name }, closed), Type.Null()]),
    dispatch: Type.Union([
      Type.Object({ id: Id, lineage: Lineage, story_id: Type.Union([Id, Type.Null()]) }, closed),
      Type.Null(),
    ]),
    tenant: Type.Union([Type.Object({ id: Id, name: Name, slug: Slug }, closed), Type.Null()], {
      description: 'Null for a key of the platform in a request that names no tenant',
    }),
    next_actions: NextActions,
  },
  closed,
);

async function whoami(call: Call): Promise<Answer> {
  const { actor } = call;
  const { shown, position } =
    actor.operator_id === undefined ? await showKey(call) : await showSession(call, actor.operator_id);
  const next_actions = await nextActionsOf(call);
  return {
    status: 200,
    body: JSON.stringify({ ...shown, next_actions }),
    headers: ['loopledger-position', String(position)],
  };
}

/** A platform has no steps of its own: it acts in tenants. */
async function nextActionsOf(call: Call): Promise<ActionView[]> {
  const { publicUrl } = call.api.options;
  if (call.tenantId !== platformId) return askLedger(call, (world) => showNextSteps(publicUrl, world));
  const place = { method: 'GET', path: '/api/v1/platform/tenants', operation: 'listTenants' } as const;
  return [showAction(publicUrl, { ...place, action: 'list_tenants', why: 'See which tenants there are' })];
}

interface Caller {
  readonly shown: object;
  readonly position: number;
}

async function showKey({ api, actor, tenantId }: Call): Promise<Caller> {
  const id = actor.key_id as string;
  const home = actor.role === 'superadmin' ? platformId : tenantId;
  const caller = await findCaller(api.database, home, id);
  if (caller === null) throw keyRefusals.refuse('key_not_found', 'There is no such key.');
  const { prefix, name, expires_at, agent_name, tenant_name, tenant_slug, position } = caller;
  const shown = {
    role: actor.role,
    key: { id, name, prefix, expires_at },
    operator: null,
    agent: actor.agent_id === null ? null : { id: actor.agent_id, name: agent_name },
    dispatch: dispatchOf(actor),
    tenant:
      tenant_name === null ? await findNamed(api, tenantId) : { id: tenantId, name: tenant_name, slug: tenant_slug },
  };
  return { shown, position };
}

/** Of a key of the platform: the tenant that the request names. */
async function findNamed({ database }: ApiContext, tenantId: string): Promise<object | null> {
  const found = tenantId === platformId ? null : await findTenant(database, tenantId);
  if (found === null) return null;
  const { id, name, slug } = JSON.parse(found.body) as TenantView;
  return { id, name, slug };
}

async function showSession({ api, actor, tenantId }: Call, operatorId: string): Promise<Caller> {
  const found = await findOperator(api.database, tenantId, operatorId);
  if (found === null) throw new Error('a session has no operator');
  const { operator_id: id, name, email, tenant_name, tenant_slug, position } = found;
  const tenant = { id: tenantId, name: tenant_name, slug: tenant_slug };
  const shown = { role: actor.role, key: null, operator: { id, name, email }, agent: null, dispatch: null, tenant };
  return { shown, position };
}

function dispatchOf({ lineage, story_id }: Actor): object | null {
  const id = lineage.at(-1);
  return id === undefined ? null : { id, lineage, story_id: story_id ?? null };
}

export const whoamiRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/whoami',
    operation: 'whoami',
    summary: 'Show whose key this is, and what it may do next',
    tags: ['keys'],
    role: tenantRules.read,
    tenantless: true,
    status: 200,
    response: CallerView,
    codes: ['key_not_found'],
    examples: {
      response: {
        role: 'orchestrator',
        key: {
          id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d03',
          name: 'planner',
          prefix: 'll_live_0000',
          expires_at: null,
        },
        operator: null,
        agent: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d02', name: 'planner' },
        dispatch: null,
        tenant: { id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01', name: 'Meridian', slug: 'meridian' },
        next_actions: [],
      },
    },
    handler: whoami,
  }),
];
