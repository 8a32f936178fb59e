// The door: everything that is decided before a body is read. Synchronous for a caller who is known.
import type { RoleRule } from '../../kernel/actor.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { requireRole } from '../../policies/role.ts';
import { sessionRefusals } from '../../policies/session.ts';
import { ledgerRefusals } from '../../sql/refusals.ts';
import type { Credential } from './authentication.ts';
import type { Call } from '../call.ts';
import { inNamedTenant, needsTenant } from './impersonation.ts';
import { mustAsk } from './rate-limit.ts';
import { shellRefusals } from '../refusals.ts';
import type { FailureLimit } from './failure-limit.ts';

const { refuse } = shellRefusals;
const bearer = /^bearer +([^\s]+) *$/i;

/** Undefined when the call may go on at once; otherwise a promise of that. Throws or rejects with the refusal. */
export function admit(failures: FailureLimit, call: Call, role: RoleRule): Promise<void> | undefined {
  const { api, startedMs } = call;
  if (api.pressure.overloaded) throw overloaded();
  const { authorization, cookie } = call.raw.headers;
  const secret = secretOf(authorization);
  const token = authorization === undefined ? api.sessions.tokenOf(cookie) : null;
  const found = secret === null ? null : api.authenticator.peek(secret, startedMs);
  if (token !== null) return admitSession(failures, call, role, token);
  if (found === undefined) return ask(failures, call, role, () => api.authenticator.find(secret as string));
  return letIn(failures, call, role, found);
}

/** A browser sends its cookies whatever page asks it to, so what changes something must come from a page of ours. */
function admitSession(failures: FailureLimit, call: Call, role: RoleRule, token: string): Promise<void> | undefined {
  const { sessions, relyingParty } = call.api;
  const { method, headers } = call.raw;
  if (method !== 'GET' && method !== 'HEAD' && !relyingParty.origins.includes(headers.origin ?? '')) {
    throw sessionRefusals.refuse('origin_forbidden', 'A session is used from pages of ours alone.');
  }
  const found = sessions.peek(token, call.startedMs);
  if (found === undefined) return ask(failures, call, role, () => sessions.find(token));
  return letIn(failures, call, role, found);
}

function letIn(
  failures: FailureLimit,
  call: Call,
  role: RoleRule,
  found: Credential | null,
): Promise<void> | undefined {
  if (found === null) throw rejectCaller(failures, call);
  if (needsTenant(call, found)) return enterNamed(call, role, found);
  const waitMs = enter(call, role, found);
  if (waitMs === mustAsk) return spendLater(call, found);
  if (waitMs > 0) throw limited(waitMs);
  return undefined;
}

/** Counts on the key's own account, whichever tenant it acts in. */
async function enterNamed(call: Call, role: RoleRule, found: Credential): Promise<void> {
  call.credential = found;
  const waitMs = found.quota === null ? 0 : await call.api.rates.admitLater(found.quota);
  if (waitMs > 0) throw limited(waitMs);
  call.credential = await inNamedTenant(call, found, role);
  requireRole(role, call.credential.actor);
}

/** For a caller who is known by something else than the Authorization header. */
export async function admitCredential(call: Call, credential: Credential): Promise<void> {
  if (call.api.pressure.overloaded) throw overloaded();
  const waitMs = enter(call, call.route.role as RoleRule, credential);
  if (waitMs === mustAsk) await spendLater(call, credential);
  else if (waitMs > 0) throw limited(waitMs);
}

type Find = () => Promise<Credential | null>;

async function ask(failures: FailureLimit, call: Call, role: RoleRule, find: Find): Promise<void> {
  if (failures.isExhausted(call.remote.ip, call.startedMs)) throw limited(failures.waitMs(call.startedMs));
  const found = await find();
  if (found === null) throw rejectCaller(failures, call);
  if (needsTenant(call, found)) return enterNamed(call, role, found);
  const waitMs = enter(call, role, found);
  if (waitMs === mustAsk) await spendLater(call, found);
  else if (waitMs > 0) throw limited(waitMs);
}

/** Counts before it judges the role: a caller who only ever collects refusals spends its quota too. */
function enter(call: Call, role: RoleRule, credential: Credential): number {
  call.credential = credential;
  const waitMs = credential.quota === null ? 0 : call.api.rates.admit(credential.quota, call.startedMs);
  if (waitMs === 0) requireRole(role, credential.actor);
  return waitMs;
}

async function spendLater(call: Call, credential: Credential): Promise<void> {
  if (credential.quota === null) return;
  const waitMs = await call.api.rates.admitLater(credential.quota);
  if (waitMs > 0) throw limited(waitMs);
  requireRole(call.route.role as RoleRule, credential.actor);
}

/** What a further item of a request is refused with when the quota is used up; each item counts as a request. */
export async function countFurther({ api, credential }: Call): Promise<Refusal | null> {
  const quota = credential?.quota ?? null;
  const waitMs = quota === null ? 0 : await api.rates.admitLater(quota);
  return waitMs > 0 ? limited(waitMs) : null;
}

/** Asked again of a caller who waited long: the key may have been revoked meanwhile. */
export async function confirmCaller({ api, raw }: Call): Promise<void> {
  const { authorization, cookie } = raw.headers;
  const token = authorization === undefined ? api.sessions.tokenOf(cookie) : null;
  const secret = token ?? secretOf(authorization) ?? '';
  const source = token === null ? api.authenticator : api.sessions;
  const known = source.peek(secret, performance.now());
  const found = known === undefined ? await source.find(secret) : known;
  if (found === null) throw refuse('unauthenticated', 'The request carries no credential that is in force.');
}

function secretOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  return bearer.exec(header)?.[1] ?? null;
}

export function rejectCaller(failures: FailureLimit, call: Call): Refusal {
  const address = call.remote.ip;
  if (failures.isExhausted(address, call.startedMs)) return limited(failures.waitMs(call.startedMs));
  failures.count(address, call.startedMs);
  return refuse('unauthenticated', 'The request carries no credential that is in force.');
}

function limited(waitMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return refuse('rate_limited', `The quota is used up for another ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}

function overloaded(): Refusal {
  return ledgerRefusals.refuse('overloaded', 'The server has more work than it can finish in good time.', {
    headers: { 'retry-after': '1' },
  });
}
