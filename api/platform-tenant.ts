// Tenants as whoever runs the platform has them in hand. Each act is an event in the log of the tenant.
import { Type } from 'typebox';
import { Id } from '../kernel/shape.ts';
import { resumeTenant, suspendTenant } from '../commands/tenant.ts';
import { tenantRules } from '../policies/tenant.ts';
import { TenantView } from '../projections/tenant.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { type Route, route } from './route.ts';
import { showTenant, tenantExample } from './tenant.ts';

const one = '/api/v1/platform/tenants/:tenant_id';
const tags = ['platform'] as const;
const TenantPath = Type.Object({ tenant_id: Id }, { additionalProperties: false });
const params = { tenant_id: tenantExample.id };

const acts = { suspend: suspendTenant, activate: resumeTenant } as const;

async function act(call: Call<{ readonly tenant_id: string }>, name: keyof typeof acts): Promise<Answer> {
  const { tenant_id } = call.params;
  const { credential } = call;
  if (credential !== null) {
    call.credential = { ...credential, tenantId: tenant_id, actor: { ...credential.actor, impersonating: true } };
  }
  const answer = await perform(call, { definition: acts[name], command: { tenant_id }, render: showTenant });
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
  handler: (call) => act(call, 'suspend'),
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
  handler: (call) => act(call, 'activate'),
});

export const platformTenantRoutes: readonly Route[] = [suspendRoute, activateRoute];
