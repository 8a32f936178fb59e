// The halt of custody over HTTP.
import { liftHalt, LiftHaltBody } from '../commands/halt.ts';
import { haltRules } from '../policies/halt.ts';
import { findHalt, HaltView } from '../projections/halt.ts';
import { perform } from './perform.ts';
import { presentFound } from './render.ts';
import { type Route, route } from './route.ts';
import { missingTenant } from './tenant.ts';

const url = '/api/v1/halt';
const tags = ['proof'] as const;
const open = { halted: false, halted_at: null, evidence_hash: null, evidence: null };

const getRoute = route({
  method: 'GET',
  url,
  operation: 'getHalt',
  summary: 'Show whether custody is halted, and on what evidence',
  tags,
  role: haltRules.read,
  status: 200,
  response: HaltView,
  codes: ['tenant_not_found'],
  examples: { response: open },
  handler: (call) => presentFound(call, findHalt(call.api.database, call.tenantId), missingTenant),
});

const liftRoute = route({
  method: 'POST',
  url: `${url}/lift`,
  operation: 'liftHalt',
  summary: 'Open custody again after a person has looked at the evidence',
  description: 'The same evidence does not halt the tenant a second time.',
  tags,
  role: haltRules.lift,
  body: LiftHaltBody,
  status: 200,
  response: HaltView,
  codes: ['tenant_not_found', 'step_up_required', 'tenant_not_halted', 'halt_evidence_mismatch'],
  examples: {
    body: { evidence_hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    response: open,
  },
  handler: (call) =>
    perform(call, {
      definition: liftHalt,
      command: { ...call.body, tenant_id: call.tenantId },
      render: () => ({ status: 200, body: JSON.stringify(open) }),
    }),
});

export const haltRoutes: readonly Route[] = [getRoute, liftRoute];
