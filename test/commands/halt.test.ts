import { test } from 'tap';
import { haltTenant, liftHalt } from '../../commands/halt.ts';
import { TenantHalted, TenantHaltLifted } from '../../events/tenant.ts';
import { type Actor, systemActor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { record } from '../../kernel/stream.ts';
import type { World } from '../../kernel/command.ts';
import { requireRunning } from '../../policies/halt.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { keyActor } from '../support/ledger.ts';
import { founded, tenantRef } from '../support/tenancy.ts';

function evidenceAt(position: number, found = digestOf('found')): HaltEvidence {
  return { kind: 'chain_broken', checkpoints: [], position, promised: digestOf('promised'), found };
}

const evidence = evidenceAt(7);
const evidence_hash = evidenceHash(evidence);
const halted = record(TenantHalted, tenantRef, { evidence, evidence_hash }, null);
const lifted = record(TenantHaltLifted, tenantRef, { evidence_hash }, null);
const halt = { tenant_id: tenantId, evidence };
const lift = { tenant_id: tenantId, evidence_hash };
const step_up = { authenticator_id: idOf(1), act: 'liftHalt' };
const person: Actor = { ...keyActor('user'), step_up };

test('evidence halts a tenant once', (t) => {
  given(t, founded).by(systemActor).when(haltTenant, halt).thenEvents(halted);
  given(t, founded, halted).by('agent').when(haltTenant, halt).thenEvents();
  given(t, founded, halted)
    .by('agent')
    .when(haltTenant, { ...halt, evidence: evidenceAt(8) })
    .thenEvents();
  given(t).by('agent').when(haltTenant, halt).thenRefused('tenant_not_found');
  t.end();
});

test('evidence that a person has dealt with halts nobody again, whatever is found in its place by now', (t) => {
  const history = [founded, halted, lifted];
  given(t, ...history)
    .by('agent')
    .when(haltTenant, halt)
    .thenEvents();
  given(t, ...history)
    .by('agent')
    .when(haltTenant, { ...halt, evidence: evidenceAt(7, digestOf('later')) })
    .thenEvents();
  const other = evidenceAt(8);
  given(t, ...history)
    .by('agent')
    .when(haltTenant, { ...halt, evidence: other })
    .thenEvents(record(TenantHalted, tenantRef, { evidence: other, evidence_hash: evidenceHash(other) }, null));
  t.end();
});

test('only a person with an authenticator lifts a halt, and names the evidence', (t) => {
  given(t, founded, halted).by(person).when(liftHalt, lift).thenEvents(lifted);
  given(t, founded, halted).by('user').when(liftHalt, lift).thenRefused('step_up_required');
  for (const act of ['createDispatch', 'lifthalt', '']) {
    const actor = { ...person, step_up: { ...step_up, act } };
    given(t, founded, halted).by(actor).when(liftHalt, lift).thenRefused('step_up_required');
  }
  for (const role of ['agent', 'orchestrator', 'superadmin'] as const) {
    given(t, founded, halted)
      .by({ ...person, role })
      .when(liftHalt, lift)
      .thenRefused('role_forbidden');
  }
  given(t, founded, halted)
    .by(person)
    .when(liftHalt, { ...lift, evidence_hash: digestOf('other') })
    .thenRefused('halt_evidence_mismatch');
  for (const history of [[founded], [founded, halted, lifted]]) {
    given(t, ...history)
      .by(person)
      .when(liftHalt, lift)
      .thenRefused('tenant_not_halted');
  }
  t.end();
});

test('custody runs while a tenant is known and not halted', (t) => {
  const custody = {
    name: 'ActInCustody',
    subject: () => tenantRef,
    authorize: (_command: null, world: World) => requireRunning(world),
    decide: () => [],
  };
  given(t, founded).by('agent').when(custody, null).thenEvents();
  given(t, founded, halted).by('agent').when(custody, null).thenRefused('tenant_halted');
  given(t, founded, halted, lifted).by('agent').when(custody, null).thenEvents();
  given(t).by('agent').when(custody, null).thenRefused('tenant_not_found');
  t.end();
});
