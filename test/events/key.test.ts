import { test } from 'tap';
import { KeyExpired, type Key, KeyResumed, KeyRevoked, keyStatus, keyStream, KeySuspended } from '../../events/key.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { keyCreated, keyRef } from '../support/tenancy.ts';

const by = {
  tenant: record(KeySuspended, keyRef(1), { by: 'tenant' }, null),
  agent: record(KeySuspended, keyRef(1), { by: 'agent' }, null),
  tenantAgain: record(KeyResumed, keyRef(1), { by: 'tenant' }, null),
  agentAgain: record(KeyResumed, keyRef(1), { by: 'agent' }, null),
};
const revoked = record(KeyRevoked, keyRef(1), { agent_id: null }, null);
const expired = record(KeyExpired, keyRef(1), { agent_id: null }, null);

function statusAfter(...events: readonly NewEvent[]): string {
  const facts = [keyCreated(1), ...events].map((event, at) => ({ ...event, version: at + 1, actor: {} }));
  const state = facts.reduce<Key | undefined>((key, fact) => keyStream.evolve(key, fact), undefined);
  return state === undefined ? 'none' : keyStatus(state);
}

test('a key works again only when neither its tenant nor its agent is stopped', (t) => {
  t.equal(statusAfter(), 'active');
  t.equal(statusAfter(by.tenant), 'suspended');
  t.equal(statusAfter(by.tenant, by.agent, by.tenantAgain), 'suspended');
  t.equal(statusAfter(by.tenant, by.agent, by.tenantAgain, by.agentAgain), 'active');
  t.equal(statusAfter(by.agent, by.agent, by.agentAgain), 'active');
  t.end();
});

test('an ended key stays ended, whatever resumes', (t) => {
  t.equal(statusAfter(revoked, by.tenantAgain), 'revoked');
  t.equal(statusAfter(by.agent, expired, by.agentAgain), 'expired');
  t.end();
});
