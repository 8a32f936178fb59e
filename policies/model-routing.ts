// Who may say which models are asked, and what holds until somebody did.
import type { RoleRule } from '../kernel/actor.ts';
import type { World } from '../kernel/command.ts';
import { firstThresholds, type RoutingSettings } from '../events/model-routing.ts';
import { everyEndpoint, endpointsOfTenant, modelEndpointOf, modelEndpointRefusals } from './model-endpoint.ts';

export const modelRoutingRules = {
  read: { atLeast: 'user' },
  set: { atLeast: 'user' },
} as const satisfies Record<string, RoleRule>;

const dollar = 1_000_000;

/** No model is asked that nobody named; the caps hold for runs that name one themselves. */
export const firstRouting: RoutingSettings = {
  complexity: { simple: [], medium: [], hard: [] },
  purposes: { classify: [], plan: [], code: [], review: [] },
  caps: { call: dollar, run: 5 * dollar, project_day: 50 * dollar, tenant_day: 100 * dollar },
  thresholds: firstThresholds,
};

/** A model has slashes of its own. */
function partsOf(text: string): { readonly endpoint: string; readonly model: string } {
  const at = text.indexOf('/');
  return { endpoint: text.slice(0, at), model: text.slice(at + 1) };
}

/** Asked when a model is named; it may be gone when it is needed. */
export function requireModels({ complexity, purposes }: RoutingSettings, world: World): void {
  const names = world.lookup(endpointsOfTenant, everyEndpoint);
  for (const text of [complexity, purposes].flatMap((part) => Object.values(part).flat())) {
    const { endpoint, model } = partsOf(text);
    const id = Object.hasOwn(names, endpoint) ? names[endpoint] : undefined;
    const models = id === undefined ? [] : modelEndpointOf(world, id).state.models;
    if (models.some(({ name }) => name === model)) continue;
    throw modelEndpointRefusals.refuse('model_unknown', `There is no model ${text}.`);
  }
}
