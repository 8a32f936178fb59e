// All routes, by noun. A route that is not listed here does not exist.
import { agentRoutes } from './agent.ts';
import { agentRunRoutes } from './agent-run.ts';
import { authenticatorRoutes } from './authenticator.ts';
import { benchmarkRoutes } from './benchmark.ts';
import { evaluationRoutes } from './evaluation.ts';
import { evaluationSetRoutes } from './evaluation-set.ts';
import { changesRoutes } from './changes.ts';
import { consumerRoutes } from './consumer.ts';
import { dependencyRoutes } from './dependency.ts';
import { deliveryRoutes } from './delivery.ts';
import { dispatchRoutes } from './dispatch.ts';
import { epicRoutes } from './epic.ts';
import { eventTypeRoutes } from './event-type.ts';
import { haltRoutes } from './halt.ts';
import { keyRoutes } from './key.ts';
import { logExportRoutes } from './log-export.ts';
import { healthRoutes } from './platform/health.ts';
import { type Discovery, discoveryRoutes } from './platform/discovery.ts';
import { proofRoutes } from './proof.ts';
import type { Readiness } from './platform/readiness.ts';
import { modelComparisonRoutes } from './model-comparison.ts';
import { modelEndpointRoutes } from './model-endpoint.ts';
import { modelRoutingRoutes } from './model-routing.ts';
import { modelTestRoutes } from './model-test.ts';
import { platformTenantRoutes } from './platform-tenant.ts';
import { planRoutes } from './plan.ts';
import { planStateRoutes } from './plan-state.ts';
import { projectRoutes } from './project.ts';
import type { Route } from './route.ts';
import { runOutputRoutes } from './run-output.ts';
import { alertRoutes } from './alert.ts';
import { analyticsRoutes } from './analytics.ts';
import { runStreamRoutes } from './run-stream.ts';
import { runRoutes } from './run.ts';
import { searchRoutes } from './search.ts';
import { sessionRoutes } from './session.ts';
import { signingKeyRoutes } from './signing-key.ts';
import { signupRoutes } from './signup.ts';
import { stepUpRoutes } from './step-up.ts';
import { snapshotRoutes } from './snapshot.ts';
import { storyBulkRoutes } from './story-bulk.ts';
import { storyCriteriaRoutes } from './story-criteria.ts';
import { storyVerificationRoutes } from './story-verification.ts';
import { storyCustodyRoutes } from './story-custody.ts';
import { storyHistoryRoutes } from './story-history.ts';
import { storyJudgementRoutes } from './story-judgement.ts';
import { storyNextActionRoutes } from './story-next-action.ts';
import { storyQueueRoutes } from './story-queue.ts';
import { storyRoutes } from './story.ts';
import { streamRoutes } from './stream.ts';
import { tenantRoutes } from './tenant.ts';
import { tileRoutes } from './tile.ts';
import { webhookRoutes } from './webhook.ts';
import { whoamiRoutes } from './whoami.ts';

const nounRoutes: readonly Route[] = [
  ...tenantRoutes,
  ...signupRoutes,
  ...sessionRoutes,
  ...authenticatorRoutes,
  ...stepUpRoutes,
  ...platformTenantRoutes,
  ...whoamiRoutes,
  ...signingKeyRoutes,
  ...agentRoutes,
  ...agentRunRoutes,
  ...keyRoutes,
  ...dispatchRoutes,
  ...projectRoutes,
  ...epicRoutes,
  ...storyRoutes,
  ...storyCriteriaRoutes,
  ...storyVerificationRoutes,
  ...storyCustodyRoutes,
  ...storyJudgementRoutes,
  ...storyBulkRoutes,
  ...storyNextActionRoutes,
  ...storyHistoryRoutes,
  ...storyQueueRoutes,
  ...dependencyRoutes,
  ...planRoutes,
  ...planStateRoutes,
  ...searchRoutes,
  ...changesRoutes,
  ...proofRoutes,
  ...tileRoutes,
  ...logExportRoutes,
  ...snapshotRoutes,
  ...consumerRoutes,
  ...streamRoutes,
  ...haltRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...eventTypeRoutes,
  ...runRoutes,
  ...alertRoutes,
  ...analyticsRoutes,
  ...modelComparisonRoutes,
  ...runOutputRoutes,
  ...runStreamRoutes,
  ...benchmarkRoutes,
  ...evaluationSetRoutes,
  ...evaluationRoutes,
  ...modelEndpointRoutes,
  ...modelTestRoutes,
  ...modelRoutingRoutes,
];

/** `further` are routes that do not belong to the server itself; they are listed and documented like its own. */
export function allRoutes(
  about: Omit<Discovery, 'routes'>,
  readiness: Readiness,
  further: readonly Route[] = [],
): Route[] {
  const routes: Route[] = [];
  routes.push(...nounRoutes, ...further, ...healthRoutes(readiness), ...discoveryRoutes({ ...about, routes }));
  return routes;
}
