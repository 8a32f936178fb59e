// What is told of runs, over HTTP: the rules, and the alerts that came of them.
import { Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id } from '../kernel/shape.ts';
import { acknowledgeAlert, setAlertRules } from '../commands/alert.ts';
import { AlertRules } from '../events/alert.ts';
import { alertPolicy, alertRefusals, firstAlertRules } from '../policies/alert.ts';
import {
  alertFilters,
  AlertRulesView,
  AlertView,
  findAlert,
  listAlerts,
  readAlertRules,
} from '../projections/alert.ts';
import type { Answer, Call } from './call.ts';
import { perform } from './perform.ts';
import { pageOf, presentList } from './present.ts';
import { presentFound, showObject } from './render.ts';
import { type Route, route } from './route.ts';

const AlertPath = Type.Object({ alert_id: Id }, { additionalProperties: false });
const url = '/api/v1/alerts';
const rulesUrl = '/api/v1/alert-rules';
const tags = ['alerts'] as const;

const example = {
  id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d30',
  version: 1,
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  run_id: '01980f2e-6d1c-7a40-8c1b-3f5b6e7a9d10',
  rule: 'costly',
  measure: 'cost_micros',
  above: 500_000,
  value: 512_300,
  project_id: null,
  status: 'raised',
};
const params = { alert_id: example.id };
const rulesExample = { version: 1, updated_at: '2026-01-02T03:04:05.678Z', ...firstAlertRules };

function missing(): Error {
  return alertRefusals.refuse('alert_not_found', 'There is no such alert.');
}

async function showRules({ api, tenantId }: Call): Promise<Answer> {
  const { position, view } = await readAlertRules(api.database, tenantId);
  return { status: 200, body: JSON.stringify(view), headers: ['loopledger-position', String(position)] };
}

function setRules(call: Call<unknown, unknown, AlertRules>): Promise<Answer> {
  return perform(call, {
    definition: setAlertRules,
    command: { rules_id: call.tenantId, ...call.body },
    render: ({ version, updated_at, state }) => ({
      status: 200,
      body: JSON.stringify({ version, updated_at, ...(state as AlertRules) }),
    }),
  });
}

const getRulesRoute = route({
  method: 'GET',
  url: rulesUrl,
  operation: 'getAlertRules',
  summary: 'Show what is told of runs',
  tags,
  role: alertPolicy.read,
  status: 200,
  response: AlertRulesView,
  codes: [],
  examples: { response: rulesExample },
  handler: showRules,
});

const setRulesRoute = route({
  method: 'PUT',
  url: rulesUrl,
  operation: 'setAlertRules',
  summary: 'Say what is told of runs, all rules at once',
  description: 'A run is told of once by each name, as the event `alert.raised`. An empty list tells of none.',
  tags,
  role: alertPolicy.set,
  body: AlertRules,
  status: 200,
  response: AlertRulesView,
  codes: ['alert_rule_twice', 'project_not_found', 'tenant_not_found', 'tenant_suspended'],
  examples: { body: firstAlertRules, response: rulesExample },
  handler: setRules,
});

const listRoute = route({
  method: 'GET',
  url,
  operation: 'listAlerts',
  summary: 'List alerts, the latest first',
  tags,
  role: alertPolicy.read,
  query: pageQuery(alertFilters),
  status: 200,
  response: listOf(AlertView),
  codes: [],
  examples: {
    query: { status: 'raised' },
    response: { data: [example], next_cursor: null, changes_cursor: 'c2VhbGVk' },
  },
  handler: async (call) =>
    presentList(call, await listAlerts(call.api.database, call.tenantId, call.query, pageOf(call))),
});

const getRoute = route({
  method: 'GET',
  url: `${url}/:alert_id`,
  operation: 'getAlert',
  summary: 'Show an alert',
  tags,
  role: alertPolicy.read,
  params: AlertPath,
  status: 200,
  response: AlertView,
  codes: ['alert_not_found'],
  examples: { params, response: example },
  handler: (call) => presentFound(call, findAlert(call.api.database, call.tenantId, call.params.alert_id), missing),
});

const acknowledgeRoute = route({
  method: 'POST',
  url: `${url}/:alert_id/acknowledge`,
  operation: 'acknowledgeAlert',
  summary: 'Say that somebody has seen an alert',
  tags,
  role: alertPolicy.acknowledge,
  params: AlertPath,
  status: 200,
  response: AlertView,
  codes: ['alert_not_found'],
  examples: {
    params,
    response: { ...example, version: 2, status: 'acknowledged' },
  },
  handler: (call) =>
    perform(call, {
      definition: acknowledgeAlert,
      command: call.params,
      render: showObject(200),
    }),
});

export const alertRoutes: readonly Route[] = [getRulesRoute, setRulesRoute, listRoute, getRoute, acknowledgeRoute];
