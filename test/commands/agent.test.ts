import { test } from 'tap';
import { archiveAgent, changeAgent, createAgent, deleteAgent, restoreAgent } from '../../commands/agent.ts';
import {
  AgentArchived,
  AgentChanged,
  AgentDeleted,
  AgentNameReleased,
  AgentRenamed,
  AgentRestored,
} from '../../events/agent.ts';
import { KeyResumed, KeyRevoked, KeySuspended } from '../../events/key.ts';
import { record } from '../../kernel/stream.ts';
import { given, idOf } from '../support/given.ts';
import { agentCreated, agentRef, keyCreated, keyRef } from '../support/tenancy.ts';

const made = agentCreated(1, 'planner');
const agent_id = idOf(1);
const archived = record(AgentArchived, agentRef(1), {}, null);
const restored = record(AgentRestored, agentRef(1), {}, null);
const deleted = record(AgentDeleted, agentRef(1), { name: 'planner' }, null);
const renamed = [
  record(AgentRenamed, agentRef(1), { name: 'scout' }, null),
  record(AgentNameReleased, agentRef(1), { name: 'planner' }, null),
];
const keys = [
  keyCreated(5, { agent_id }),
  keyCreated(6, { agent_id, role: 'orchestrator' }),
  keyCreated(7),
  keyCreated(8, { agent_id: idOf(2) }),
];

test('an agent is created with an empty description unless it is told', (t) => {
  given(t).by('orchestrator').when(createAgent, { agent_id, name: 'planner' }).thenEvents(made);
  t.end();
});

test('a name that an agent has, archived or not, cannot be given to another', (t) => {
  const command = { agent_id: idOf(2), name: 'planner' };
  given(t, made).when(createAgent, command).thenRefused('agent_name_taken');
  given(t, made, archived).when(createAgent, command).thenRefused('agent_name_taken');
  given(t, made, ...renamed)
    .when(createAgent, { agent_id: idOf(2), name: 'scout' })
    .thenRefused('agent_name_taken');
  given(t, made, agentCreated(2, 'scout'))
    .when(changeAgent, { agent_id, changes: { name: 'scout' } })
    .thenRefused('agent_name_taken');
  t.end();
});

test('a name is free again after its agent was renamed or deleted', (t) => {
  const command = { agent_id: idOf(2), name: 'planner' };
  given(t, made, ...renamed)
    .when(createAgent, command)
    .thenEvents(agentCreated(2, 'planner'));
  given(t, made, deleted).when(createAgent, command).thenEvents(agentCreated(2, 'planner'));
  t.end();
});

test('an agent changes by what is new in the change, and the same again changes nothing', (t) => {
  const described = record(AgentChanged, agentRef(1), { description: 'Plans.' }, null);
  const both = { agent_id, changes: { name: 'scout', description: 'Plans.' } };
  given(t, made)
    .by('orchestrator')
    .when(changeAgent, both)
    .thenEvents(...renamed, described);
  given(t, made)
    .when(changeAgent, { agent_id, changes: { name: 'planner', description: 'Plans.' } })
    .thenEvents(described);
  given(t, made, ...renamed, described)
    .when(changeAgent, both)
    .thenEvents();
  t.end();
});

test('an archived agent does not change', (t) => {
  given(t, made, archived)
    .when(changeAgent, { agent_id, changes: { description: 'x' } })
    .thenRefused('agent_archived');
  t.end();
});

test('an archived agent suspends its keys and no others, and a restored one resumes them', (t) => {
  given(t, made, ...keys)
    .when(archiveAgent, { agent_id })
    .thenEvents(
      archived,
      record(KeySuspended, keyRef(5), { by: 'agent' }, null),
      record(KeySuspended, keyRef(6), { by: 'agent' }, null),
    );
  given(t, made, ...keys, archived)
    .when(restoreAgent, { agent_id })
    .thenEvents(
      restored,
      record(KeyResumed, keyRef(5), { by: 'agent' }, null),
      record(KeyResumed, keyRef(6), { by: 'agent' }, null),
    );
  given(t, made, archived).when(archiveAgent, { agent_id }).thenEvents();
  given(t, made).when(restoreAgent, { agent_id }).thenEvents();
  t.end();
});

test('a deleted agent has its keys revoked, except those that were', (t) => {
  const gone = record(KeyRevoked, keyRef(5), { agent_id }, null);
  given(t, made, ...keys, gone)
    .when(deleteAgent, { agent_id })
    .thenEvents(deleted, record(KeyRevoked, keyRef(6), { agent_id }, null));
  t.end();
});

test('an agent that is not there, or not any more, is missing to every command', (t) => {
  for (const history of [[], [made, deleted]]) {
    given(t, ...history)
      .when(changeAgent, { agent_id, changes: { name: 'x' } })
      .thenRefused('agent_not_found');
    given(t, ...history)
      .when(archiveAgent, { agent_id })
      .thenRefused('agent_not_found');
    given(t, ...history)
      .when(restoreAgent, { agent_id })
      .thenRefused('agent_not_found');
    given(t, ...history)
      .when(deleteAgent, { agent_id })
      .thenRefused('agent_not_found');
  }
  t.end();
});
