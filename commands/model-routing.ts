// Says which models are asked. One of a tenant.
import type { CommandDefinition } from '../kernel/command.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import { record } from '../kernel/stream.ts';
import { ModelRoutingSet, modelRoutingStream, type RoutingSettings } from '../events/model-routing.ts';
import { modelRoutingRules, requireModels } from '../policies/model-routing.ts';
import { requireRole } from '../policies/role.ts';
import { openTenant } from '../policies/tenant.ts';

const routingRef = (id: string) => ({ type: 'model_routing', id });

export interface SetModelRouting {
  /** Of the tenant: it has one. */
  readonly routing_id: string;
  readonly settings: RoutingSettings;
}

export const setModelRouting: CommandDefinition<SetModelRouting> = {
  name: 'SetModelRouting',
  subject: ({ routing_id }) => routingRef(routing_id),
  authorize: (_command, world) => requireRole(modelRoutingRules.set, world.actor),
  decide({ routing_id, settings }, world) {
    openTenant(world);
    requireModels(settings, world);
    const now = world.find(modelRoutingStream, routing_id)?.state;
    if (now !== undefined && canonicalJson(now) === canonicalJson(settings)) return [];
    return [record(ModelRoutingSet, routingRef(routing_id), settings, null)];
  },
};
