// The caller's tenant over HTTP. Tenants are founded and suspended by the platform, which has no route here.
import { changeTenant, ChangeTenantBody } from '../commands/tenant.ts';
import type { Tenant } from '../events/tenant.ts';
import { tenantRefusals, tenantRules } from '../policies/tenant.ts';
import { findTenant, TenantView } from '../projections/tenant.ts';
import type { ExecuteRequest } from '../sql/batch.ts';
import { perform } from './perform.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';

const url = '/api/v1/tenant';
const tags = ['tenant'] as const;

export const tenantExample = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d01',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  name: 'Meridian',
  slug: 'meridian',
  status: 'active',
  halted_by: null,
  quotas: {
    max_stories: null,
    max_dispatches: null,
    max_runs: null,
    requests_per_key: null,
    requests_per_tenant: null,
  },
};

export function missingTenant(): Error {
  return tenantRefusals.refuse('tenant_not_found', 'The tenant was never founded.');
}

export const showTenant: ExecuteRequest['render'] = ({ id, version, created_at, updated_at, state }) => {
  const { halt, settled: _settled, ...shown } = state as Tenant;
  const halted_by = halt?.evidence_hash ?? null;
  return { status: 200, body: JSON.stringify({ id, version, created_at, updated_at, ...shown, halted_by }) };
};

const getRoute = route({
  method: 'GET',
  url,
  operation: 'getTenant',
  summary: 'Show the tenant of the key',
  tags,
  role: tenantRules.read,
  status: 200,
  response: TenantView,
  codes: ['tenant_not_found'],
  examples: { response: tenantExample },
  handler: (call) => presentFound(call, findTenant(call.api.database, call.tenantId), missingTenant),
});

const changeRoute = route({
  method: 'PATCH',
  url,
  operation: 'changeTenant',
  summary: 'Change the name of the tenant',
  description: 'The slug stays for good.',
  tags,
  role: tenantRules.change,
  body: ChangeTenantBody,
  status: 200,
  response: TenantView,
  codes: ['tenant_not_found'],
  examples: { body: { name: 'Meridian Labs' }, response: { ...tenantExample, version: 2, name: 'Meridian Labs' } },
  handler: (call) =>
    perform(call, {
      definition: changeTenant,
      command: { ...call.body, tenant_id: call.tenantId },
      render: showTenant,
    }),
});

export const tenantRoutes: readonly Route[] = [getRoute, changeRoute];
