// All routes, by noun. A route that is not listed here does not exist.
import { healthRoutes } from './platform/health.ts';
import { type Discovery, discoveryRoutes } from './platform/discovery.ts';
import type { Readiness } from './platform/readiness.ts';
import type { Route } from './route.ts';

const nounRoutes: readonly Route[] = [];

export function allRoutes(about: Omit<Discovery, 'routes'>, readiness: Readiness): Route[] {
  const routes: Route[] = [];
  routes.push(...nounRoutes, ...healthRoutes(readiness), ...discoveryRoutes({ ...about, routes }));
  return routes;
}
