// The part of a tour in which people come and go: every event of authenticators and sessions happens once.
import { enrolAuthenticator, revokeAuthenticator, useAuthenticator } from '../../commands/authenticator.ts';
import { endSession, startSession } from '../../commands/session.ts';
import type { FirstOperator } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { newId } from '../../kernel/id.ts';
import type { Run } from './history-tour.ts';
import { newAuthenticator } from './person.ts';

export async function tourPeople(run: Run, { operator_id, authenticators }: FirstOperator): Promise<void> {
  const [first] = authenticators;
  if (first === undefined) throw new Error('the operator has no authenticator');
  const { authenticator_id } = first;
  const proof = { authenticator_id, backup_eligible: false, backed_up: false };
  const confirmed = (act: string) => ({ ...systemActor, step_up: { authenticator_id, act } });
  const second = newId();
  const credential = newAuthenticator().enrol('bm9ib2R5');
  const enrolment = { authenticator_id: second, operator_id, name: 'second', ...credential };
  await run(enrolAuthenticator, enrolment, confirmed('enrolAuthenticator'));
  await run(useAuthenticator, { ...proof, act: 'deleteProject', sign_count: 1 });
  const sessions = [newId(), newId(), newId()];
  for (const [at, session_id] of sessions.entries()) {
    await run(startSession, { session_id, proof: { ...proof, act: 'login', sign_count: 2 + at } });
  }
  await run(endSession, { session_id: sessions[0] as string });
  await run(revokeAuthenticator, { authenticator_id: second }, confirmed('revokeAuthenticator'));
}
