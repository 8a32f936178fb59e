import { test } from 'tap';
import { haltTenant, liftHalt } from '../../commands/halt.ts';
import { systemActor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { newId } from '../../kernel/id.ts';
import { keyActor, openLedgerOn, request } from '../support/ledger.ts';
import { startTestServer } from '../support/server.ts';

const evidence: HaltEvidence = {
  kind: 'chain_broken',
  checkpoints: [],
  position: 3,
  promised: digestOf('promised'),
  found: null,
};
const evidence_hash = evidenceHash(evidence);

test('a halt is seen by all keys of its tenant, survives a restart, and is lifted by a person alone', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, userKey, agentKey } = await server.found();
  const other = await server.found();
  const open = { halted: false, halted_at: null, evidence_hash: null, evidence: null };
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: agentKey })).body, open);
  const halt = { tenant_id: tenantId, evidence };
  await server.ledger.execute(request(tenantId, haltTenant, halt, { actor: systemActor }));
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body, { halted: true, halted_at: /^2\d{3}-/, evidence_hash });
  t.strictSame(body['evidence'], evidence);
  t.match((await server.say('GET', '/api/v1/tenant', { key: agentKey })).body, { halted_by: evidence_hash });
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: other.agentKey })).body, open);

  const lift = { body: { evidence_hash } };
  const bare = await server.say('POST', '/api/v1/halt/lift', { key: userKey, ...lift });
  t.match(bare, { status: 403, body: { code: 'step_up_required', act: 'liftHalt' } });
  t.equal((await server.say('POST', '/api/v1/halt/lift', { key: agentKey, ...lift })).body.code, 'role_forbidden');
  const restarted = openLedgerOn(t, server.urls.appUrl);
  const person = { ...keyActor('user'), step_up: { authenticator_id: newId(), act: 'liftHalt' } };
  const command = { tenant_id: tenantId, evidence_hash };
  await restarted.ledger.execute(request(tenantId, liftHalt, command, { actor: person }));
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: agentKey })).body, open);
  const renamed = await server.say('PATCH', '/api/v1/tenant', { key: userKey, body: { name: 'Zenith' } });
  t.match(renamed, { status: 200, body: { name: 'Zenith', halted_by: null } });
  t.notOk('settled' in renamed.body);
});
