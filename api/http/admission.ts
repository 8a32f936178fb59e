// The door: everything that is decided before a body is read. Synchronous for a caller who is known.
import type { RoleRule } from '../../kernel/actor.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { requireRole } from '../../policies/role.ts';
import { ledgerRefusals } from '../../sql/refusals.ts';
import type { Credential } from './authentication.ts';
import type { Call } from '../call.ts';
import { mustAsk } from './rate-limit.ts';
import { shellRefusals } from '../refusals.ts';
import type { FailureLimit } from './failure-limit.ts';

const { refuse } = shellRefusals;
const bearer = /^bearer +([^\s]+) *$/i;

/** Undefined when the call may go on at once; otherwise a promise of that. Throws or rejects with the refusal. */
export function admit(failures: FailureLimit, call: Call, role: RoleRule): Promise<void> | undefined {
  const { api, startedMs } = call;
  if (api.pressure.overloaded) throw overloaded();
  const secret = secretOf(call.raw.headers.authorization);
  const found = secret === null ? null : api.authenticator.peek(secret, startedMs);
  if (found === undefined) return ask(failures, call, role, secret as string);
  if (found === null) throw rejectCaller(failures, call);
  const waitMs = enter(call, role, found);
  if (waitMs === mustAsk) return spendLater(call, found);
  if (waitMs > 0) throw limited(waitMs);
  return undefined;
}

async function ask(failures: FailureLimit, call: Call, role: RoleRule, secret: string): Promise<void> {
  if (failures.isExhausted(call.remote.ip, call.startedMs)) throw limited(failures.waitMs(call.startedMs));
  const found = await call.api.authenticator.find(secret);
  if (found === null) throw rejectCaller(failures, call);
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

/** Asked again of a caller who waited long: the key may have been revoked meanwhile. */
export async function confirmCaller({ api, raw }: Call): Promise<void> {
  const secret = secretOf(raw.headers.authorization) ?? '';
  const known = api.authenticator.peek(secret, performance.now());
  const found = known === undefined ? await api.authenticator.find(secret) : known;
  if (found === null) throw refuse('unauthenticated', 'The request carries no credential that is in force.');
}

function secretOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  return bearer.exec(header)?.[1] ?? null;
}

function rejectCaller(failures: FailureLimit, call: Call): Refusal {
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
