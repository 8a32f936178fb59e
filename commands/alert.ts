// Says what is told of runs, and that somebody has seen it.
import { canonicalJson } from '../kernel/canonical.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { record } from '../kernel/stream.ts';
import { AlertAcknowledged, type AlertRules, AlertRulesSet, alertRulesStream } from '../events/alert.ts';
import { alertOf, alertPolicy, requireFitRules } from '../policies/alert.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';

const rulesRef = (id: string) => ({ type: 'alert_rules', id });
const alertRef = (id: string) => ({ type: 'alert', id });

export interface SetAlertRules extends AlertRules {
  /** Of the tenant: it has one such document. */
  readonly rules_id: string;
}

export const setAlertRules: CommandDefinition<SetAlertRules> = {
  name: 'SetAlertRules',
  subject: ({ rules_id }) => rulesRef(rules_id),
  authorize: (_command, world) => requireRole(alertPolicy.set, world.actor),
  decide({ rules_id, rules }, world) {
    openTenant(world);
    requireFitRules(world, { rules });
    const now = world.find(alertRulesStream, rules_id)?.state;
    if (now !== undefined && canonicalJson(now) === canonicalJson({ rules })) return [];
    return [record(AlertRulesSet, rulesRef(rules_id), { rules }, null)];
  },
};

export interface AcknowledgeAlert {
  readonly alert_id: string;
}

export const acknowledgeAlert: CommandDefinition<AcknowledgeAlert> = {
  name: 'AcknowledgeAlert',
  subject: ({ alert_id }) => alertRef(alert_id),
  authorize: (_command, world) => requireRole(alertPolicy.acknowledge, world.actor),
  decide({ alert_id }, world) {
    const { state } = alertOf(world, alert_id);
    if (state.status === 'acknowledged') return [];
    return [record(AlertAcknowledged, alertRef(alert_id), {}, state.project_id)];
  },
};
