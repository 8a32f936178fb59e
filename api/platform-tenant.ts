// Tenants as whoever runs the platform has them in hand. Each act is an event in the log of the tenant.
import { Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { resumeTenant, setQuotas, suspendTenant } from '../commands/tenant.ts';
import { Quotas } from '../events/tenant.ts';
import { tenantRules } from '../policies/tenant.ts';
import { listTenants, PlatformTenantView } from '../projections/platform-tenant.ts';
import { TenantView } from '../projections/tenant.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { type Route, route } from './route.ts';
import { showTenant, tenantExample } from './tenant.ts';

const one = '/api/v1/platform/tenants/:tenant_id';
const tags = ['platform'] as const;
const TenantPath = Type.Object({ tenant_id: Id }, { additionalProperties: false });
const params = { tenant_id: tenantExample.id };

/** The act is an event in the log of the tenant, so that its people see it. */
async function inTenant<Command>(
  call: Call<{ readonly tenant_id: string }>,
  definition: CommandDefinition<Command>,
  command: Command,
): Promise<Answer> {
  const { tenant_id } = call.params;
  const { credential } = call;
  if (credential !== null) {
    call.credential = { ...credential, tenantId: tenant_id, actor: { ...credential.actor, impersonating: true } };
  }
  const answer = await perform(call, { definition, command, render: showTenant });
  call.api.authenticator.distrust(tenant_id);
  return answer;
}

const suspendRoute = route({
  method: 'POST',
  url: `${one}/suspend`,
  operation: 'suspendTenant',
  summary: 'Suspend a tenant: none of its keys works',
  description: 'Its keys stop within a second on every process. Nothing is lost.',
  tags,
  role: tenantRules.suspend,
  params: TenantPath,
  status: 200,
  response: TenantView,
  codes: ['tenant_not_found'],
  examples: { params, response: { ...tenantExample, version: 2, status: 'suspended' } },
  handler: (call) => inTenant(call, suspendTenant, call.params),
});

const activateRoute = route({
  method: 'POST',
  url: `${one}/activate`,
  operation: 'activateTenant',
  summary: 'Let a suspended tenant work again',
  tags,
  role: tenantRules.suspend,
  params: TenantPath,
  status: 200,
  response: TenantView,
  codes: ['tenant_not_found'],
  examples: { params, response: { ...tenantExample, version: 3 } },
  handler: (call) => inTenant(call, resumeTenant, call.params),
});

const quotasRoute = route({
  method: 'PUT',
  url: `${one}/quotas`,
  operation: 'setTenantQuotas',
  summary: 'Say how much a tenant may have, and how often it may ask',
  description:
    'Stories, active dispatches, and requests a minute for each key and for all of them. What it has already stays, also ' +
    'where that is more. A rate holds from the next lease of requests on, which every process takes after a fiftieth of it.',
  tags,
  role: tenantRules.setQuotas,
  params: TenantPath,
  body: Quotas,
  status: 200,
  response: TenantView,
  codes: ['tenant_not_found'],
  examples: {
    params,
    body: { max_stories: 10_000, max_dispatches: null, max_runs: 8, requests_per_tenant: 1_200 },
    response: {
      ...tenantExample,
      version: 2,
      quotas: { ...tenantExample.quotas, max_stories: 10_000, max_runs: 8, requests_per_tenant: 1_200 },
    },
  },
  handler: (call) => inTenant(call, setQuotas, { ...call.params, ...call.body }),
});

const countsExample = { stories: 240, active_dispatches: 3, agents: 5 };

const listRoute = route({
  method: 'GET',
  url: '/api/v1/platform/tenants',
  operation: 'listTenants',
  summary: 'List the tenants of the platform, in the order in which they were founded',
  description: 'Their state, quotas, size, and how long their logs are. Nothing of what stands in them.',
  tags,
  role: tenantRules.list,
  query: pageQuery({}),
  status: 200,
  response: listOf(PlatformTenantView),
  codes: [],
  examples: {
    response: {
      data: [{ ...tenantExample, position: 312, counts: countsExample }],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: async (call) => presentList(call, await listTenants(call.api.database, call.tenantId, pageOf(call))),
});

export const platformTenantRoutes: readonly Route[] = [listRoute, suspendRoute, activateRoute, quotasRoute];
