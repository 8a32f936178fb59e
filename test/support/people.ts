// Facts of the people of a tenant, with what a spec does not care about filled in.
import { type Authenticator, AuthenticatorEnrolled, AuthenticatorUsed } from '../../events/authenticator.ts';
import { SessionStarted } from '../../events/session.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import { sessionSeconds } from '../../policies/session.ts';
import { idOf } from './given.ts';

const startOfDay = '2026-01-01T00:00:00.000Z';
export const authenticatorRef = (number: number) => ({ type: 'authenticator', id: idOf(number) });
export const sessionRef = (number: number) => ({ type: 'session', id: idOf(number) });
export const operatorId = idOf(700);

export function credential(number: number, told: Partial<Authenticator> = {}) {
  const { sign_count = 0, backup_eligible = false } = told;
  const named = { name: `device ${number}`, credential_id: `credential-${number}`, public_key: 'pQECAyYgASFY' };
  return { ...named, sign_count, backup_eligible, transports: ['usb'] };
}

export function enrolled(number: number, told: Partial<Authenticator> = {}): NewEvent {
  const data = { operator_id: operatorId, ...credential(number, told) };
  return record(AuthenticatorEnrolled, authenticatorRef(number), data, null);
}

export function used(number: number, act: string, sign_count: number, used_at = startOfDay): NewEvent {
  return record(AuthenticatorUsed, authenticatorRef(number), { act, sign_count, backed_up: false, used_at }, null);
}

export function started(number: number, authenticator: number, started_at = startOfDay): NewEvent {
  const whose = { operator_id: operatorId, authenticator_id: idOf(authenticator) };
  const data = { ...whose, started_at, expires_at: addSeconds(started_at, sessionSeconds) };
  return record(SessionStarted, sessionRef(number), data, null);
}
