// All refusal codes of the server. Each noun declares its own; this list only joins them.
import type { RefusalCode } from '../kernel/refusal.ts';
import { agentRefusals } from '../policies/agent.ts';
import { alertRefusals } from '../policies/alert.ts';
import { authenticatorRefusals } from '../policies/authenticator.ts';
import { benchmarkRefusals } from '../policies/benchmark.ts';
import { evaluationRefusals } from '../policies/evaluation.ts';
import { evaluationSetRefusals } from '../policies/evaluation-set.ts';
import { capabilityRefusals } from '../policies/capability.ts';
import { custodyRefusals } from '../policies/custody-refusal.ts';
import { consumerRefusals } from '../policies/consumer.ts';
import { dependencyRefusals } from '../policies/dependency.ts';
import { dispatchRefusals } from '../policies/dispatch.ts';
import { epicRefusals } from '../policies/epic.ts';
import { haltRefusals } from '../policies/halt.ts';
import { impersonationRefusals } from '../policies/impersonation.ts';
import { keyRefusals } from '../policies/key.ts';
import { proofRefusals } from '../policies/proof.ts';
import { modelEndpointRefusals } from '../policies/model-endpoint.ts';
import { planRefusals } from '../policies/plan.ts';
import { planStateRefusals } from '../policies/plan-state.ts';
import { projectRefusals } from '../policies/project.ts';
import { quotaRefusals } from '../policies/quota.ts';
import { roleRefusals } from '../policies/role.ts';
import { runRefusals } from '../policies/run.ts';
import { sessionRefusals } from '../policies/session.ts';
import { signingKeyRefusals } from '../policies/signing-key.ts';
import { stepUpRefusals } from '../policies/step-up.ts';
import { storyRefusals } from '../policies/story.ts';
import { tenantRefusals } from '../policies/tenant.ts';
import { ledgerRefusals } from '../sql/refusals.ts';
import { verificationRefusals } from '../policies/verification.ts';
import { webhookRefusals } from '../policies/webhook.ts';
import { feedRefusals } from './feed-reader.ts';
import { shellRefusals } from './refusals.ts';
import type { Route } from './route.ts';
import { streamRefusals } from './stream/message.ts';

const parts: readonly Readonly<Record<string, RefusalCode>>[] = [
  shellRefusals.codes,
  ledgerRefusals.codes,
  feedRefusals.codes,
  streamRefusals.codes,
  consumerRefusals.codes,
  roleRefusals.codes,
  tenantRefusals.codes,
  authenticatorRefusals.codes,
  sessionRefusals.codes,
  signingKeyRefusals.codes,
  agentRefusals.codes,
  alertRefusals.codes,
  keyRefusals.codes,
  impersonationRefusals.codes,
  quotaRefusals.codes,
  dispatchRefusals.codes,
  stepUpRefusals.codes,
  projectRefusals.codes,
  epicRefusals.codes,
  storyRefusals.codes,
  dependencyRefusals.codes,
  custodyRefusals.codes,
  capabilityRefusals.codes,
  verificationRefusals.codes,
  haltRefusals.codes,
  proofRefusals.codes,
  planRefusals.codes,
  planStateRefusals.codes,
  webhookRefusals.codes,
  runRefusals.codes,
  benchmarkRefusals.codes,
  evaluationSetRefusals.codes,
  evaluationRefusals.codes,
  modelEndpointRefusals.codes,
];

export const codeTable: Readonly<Record<string, RefusalCode>> = Object.fromEntries(
  parts.flatMap((part) => Object.entries(part)),
);

const everywhere = [
  'request_malformed',
  'headers_too_large',
  'request_timeout',
  'query_invalid',
  'path_too_long',
] as const;
const forKnownCallers = [
  'unauthenticated',
  'role_forbidden',
  'rate_limited',
  'overloaded',
  'database_unavailable',
  'header_invalid',
  'checkpoint_malformed',
  'checkpoint_unknown',
  'checkpoint_differs',
] as const;
const forReaders = ['position_not_reached'] as const;
const forWriters = [
  'version_conflict',
  'story_scope_exceeded',
  'idempotency_mismatch',
  'outcome_unknown',
  'entry_too_large',
  'body_too_large',
  'media_type_unsupported',
  'json_malformed',
  'text_malformed',
  'origin_forbidden',
  'ceremony_failed',
] as const;
const forBodies = [
  'body_invalid',
  'body_missing',
  'json_duplicate_key',
  'json_forbidden_key',
  'json_too_deep',
  'json_number_range',
  'text_control',
] as const;

/** What a route may refuse with by what it is, beside what its noun says. */
export function commonCodes(route: Route): string[] {
  const codes: string[] = [...everywhere];
  if (route.url.includes(':')) codes.push('id_invalid');
  if (route.role !== 'public') codes.push(...forKnownCallers, ...(route.write ? forWriters : forReaders));
  if (route.query !== undefined && 'cursor' in route.query.properties) codes.push('cursor_invalid');
  if (route.write) codes.push(...(route.body === undefined ? (['body_unexpected'] as const) : forBodies));
  return codes;
}
