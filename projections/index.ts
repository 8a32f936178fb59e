// Every stream, inline view, look-up and constraint of the domain, in one place.
import { agentStream } from '../events/agent.ts';
import { alertRulesStream, alertStream } from '../events/alert.ts';
import { authenticatorStream } from '../events/authenticator.ts';
import { benchmarkStream } from '../events/benchmark.ts';
import { dependencyStream } from '../events/dependency.ts';
import { dispatchStream } from '../events/dispatch.ts';
import { drawStream } from '../events/draw.ts';
import { evaluationStream } from '../events/evaluation.ts';
import { evaluationSetStream } from '../events/evaluation-set.ts';
import { epicStream } from '../events/epic.ts';
import { keyStream } from '../events/key.ts';
import { modelEndpointStream } from '../events/model-endpoint.ts';
import { modelRoutingStream } from '../events/model-routing.ts';
import { planStateStream } from '../events/plan-state.ts';
import { operatorStream } from '../events/operator.ts';
import { projectStream } from '../events/project.ts';
import { runStream } from '../events/run.ts';
import { sessionStream } from '../events/session.ts';
import { signingKeyStream } from '../events/signing-key.ts';
import { storyStream } from '../events/story.ts';
import { tenantStream } from '../events/tenant.ts';
import { webhookStream } from '../events/webhook.ts';
import { agentRefusals } from '../policies/agent.ts';
import { alertRefusals } from '../policies/alert.ts';
import { authenticatorRefusals } from '../policies/authenticator.ts';
import { benchmarkRefusals } from '../policies/benchmark.ts';
import { capabilityRefusals } from '../policies/capability.ts';
import { custodyRefusals } from '../policies/custody-refusal.ts';
import { dependencyRefusals } from '../policies/dependency.ts';
import { evaluationRefusals } from '../policies/evaluation.ts';
import { evaluationSetRefusals } from '../policies/evaluation-set.ts';
import { epicRefusals } from '../policies/epic.ts';
import { keyRefusals } from '../policies/key.ts';
import { modelEndpointRefusals } from '../policies/model-endpoint.ts';
import { projectRefusals } from '../policies/project.ts';
import { signingKeyRefusals } from '../policies/signing-key.ts';
import { storyRefusals } from '../policies/story.ts';
import { tenantRefusals } from '../policies/tenant.ts';
import { verificationRefusals } from '../policies/verification.ts';
import { makeRegistry, type Registry } from '../sql/registry.ts';
import { agentInline, agentLookups } from './agent.ts';
import { alertInline, alertLookups, alertRulesInline } from './alert.ts';
import { authenticatorInline, authenticatorLookups } from './authenticator.ts';
import { benchmarkInline, benchmarkLookups, benchmarkResultInline } from './benchmark.ts';
import { capabilityInline } from './capability.ts';
import type { AsyncProjection } from './checkpoint.ts';
import { epicDependencyInline, storyDependencyInline } from './dependency.ts';
import { dispatchInline, dispatchLookups } from './dispatch.ts';
import { evaluationInline, evaluationLookups, evaluationResultInline } from './evaluation.ts';
import { evaluationSetInline, evaluationSetLookups } from './evaluation-set.ts';
import { epicInline, epicLookups } from './epic.ts';
import { keyHashInline, keyInline, keyLookups } from './key.ts';
import { modelEndpointInline, modelEndpointLookups } from './model-endpoint.ts';
import { modelRoutingInline } from './model-routing.ts';
import { planLookups } from './plan.ts';
import { planStateInline } from './plan-state.ts';
import { operatorInline } from './operator.ts';
import { projectInline, projectLookups } from './project.ts';
import { quotaLookups } from './quota.ts';
import { modelUsageInline } from './model-usage.ts';
import { runInline, runLookups } from './run.ts';
import { searchProjection } from './search.ts';
import { sessionInline, sessionLookups } from './session.ts';
import { signalInline, signalLookups } from './signal.ts';
import { signingKeyInline, signingKeyLookups } from './signing-key.ts';
import { storyInline, storyLookups } from './story.ts';
import { tenantInline, tenantSlugInline } from './tenant.ts';
import { webhookInline, webhookLookups } from './webhook.ts';

export const registry: Registry = makeRegistry({
  streams: [
    tenantStream,
    operatorStream,
    authenticatorStream,
    sessionStream,
    signingKeyStream,
    drawStream,
    agentStream,
    keyStream,
    dispatchStream,
    projectStream,
    epicStream,
    storyStream,
    dependencyStream,
    planStateStream,
    webhookStream,
    runStream,
    benchmarkStream,
    evaluationSetStream,
    evaluationStream,
    alertRulesStream,
    alertStream,
    modelEndpointStream,
    modelRoutingStream,
  ],
  views: [
    tenantInline,
    tenantSlugInline,
    operatorInline,
    authenticatorInline,
    sessionInline,
    signingKeyInline,
    agentInline,
    keyInline,
    keyHashInline,
    dispatchInline,
    projectInline,
    epicInline,
    storyInline,
    capabilityInline,
    signalInline,
    storyDependencyInline,
    epicDependencyInline,
    planStateInline,
    webhookInline,
    runInline,
    modelUsageInline,
    benchmarkInline,
    benchmarkResultInline,
    evaluationSetInline,
    evaluationInline,
    evaluationResultInline,
    alertRulesInline,
    alertInline,
    modelEndpointInline,
    modelRoutingInline,
  ],
  lookups: [
    ...authenticatorLookups,
    ...sessionLookups,
    ...signingKeyLookups,
    ...agentLookups,
    ...keyLookups,
    ...dispatchLookups,
    ...projectLookups,
    ...epicLookups,
    ...storyLookups,
    ...planLookups,
    ...quotaLookups,
    ...signalLookups,
    ...webhookLookups,
    ...runLookups,
    ...benchmarkLookups,
    ...evaluationSetLookups,
    ...evaluationLookups,
    ...alertLookups,
    ...modelEndpointLookups,
  ],
  constraints: {
    tenant_slugs_slug: () => tenantRefusals.refuse('tenant_slug_taken', 'The slug is taken.'),
    authenticators_credential: () => authenticatorRefusals.refuse('authenticator_known', 'It was enrolled before.'),
    signing_keys_in_force: () => signingKeyRefusals.refuse('signing_key_outrun', 'Another key came into force.'),
    alerts_once: () => alertRefusals.refuse('alert_raised_before', 'The rule has told of the run before.'),
    agents_name: () => agentRefusals.refuse('agent_name_taken', 'The name is taken.'),
    keys_seat: () => keyRefusals.refuse('key_role_taken', 'The agent has a key of this role already.'),
    model_endpoints_name: () => modelEndpointRefusals.refuse('model_endpoint_name_taken', 'The name is taken.'),
    benchmarks_name: () => benchmarkRefusals.refuse('benchmark_name_taken', 'The name is taken.'),
    benchmark_results_sample: () => benchmarkRefusals.refuse('benchmark_sample_taken', 'The sample is there already.'),
    benchmark_results_run: () => benchmarkRefusals.refuse('benchmark_run_foreign', 'Another benchmark has the run.'),
    evaluation_sets_name: () => evaluationSetRefusals.refuse('evaluation_set_name_taken', 'The name is taken.'),
    evaluations_name: () => evaluationRefusals.refuse('evaluation_name_taken', 'The name is taken.'),
    evaluation_results_sample: () =>
      evaluationRefusals.refuse('evaluation_run_foreign', 'The sample is there already.'),
    evaluation_results_run: () =>
      evaluationRefusals.refuse('evaluation_run_foreign', 'Another evaluation has the run.'),
    projects_slug: () => projectRefusals.refuse('project_slug_taken', 'The slug is taken.'),
    epics_number: () => epicRefusals.refuse('epic_number_taken', 'The number is taken.'),
    story_dependencies_edge: () => dependencyRefusals.refuse('dependency_exists', 'The dependency is there already.'),
    epic_dependencies_edge: () => dependencyRefusals.refuse('dependency_exists', 'The dependency is there already.'),
    stories_reporter: () => custodyRefusals.refuse('self_report_blocked', 'The reporter did the work.'),
    stories_reviewer: () => custodyRefusals.refuse('self_review_blocked', 'The reviewer did the work.'),
    stories_verifier: () => custodyRefusals.refuse('self_verify_blocked', 'The verifier did or reviewed the work.'),
    stories_evidence: () => custodyRefusals.refuse('review_missing', 'A verification needs all that it stands on.'),
    stories_executed: () =>
      verificationRefusals.refuse('verification_under_way', 'No run has passed that verifies the story.'),
    stories_second_review: () => custodyRefusals.refuse('second_review_missing', 'The second review is not complete.'),
    stories_second_reviewer: () => custodyRefusals.refuse('self_verify_blocked', 'The verifier reviewed the work.'),
    capabilities_pkey: () => capabilityRefusals.refuse('capability_replayed', 'It was granted before.'),
    capabilities_once: () => capabilityRefusals.refuse('capability_replayed', 'It was used or replaced before.'),
    stories_number: () => storyRefusals.refuse('story_number_taken', 'The number is taken.'),
  },
});

/** Those that follow the log behind the commit; workers carry them on. */
export const asyncProjections: readonly AsyncProjection[] = [searchProjection];
