import { test } from 'tap';
import { archiveAgent, changeAgent, createAgent, deleteAgent, restoreAgent } from '../../commands/agent.ts';
import { createKey, renameKey, revokeKey, rotateKey } from '../../commands/key.ts';
import { changeTenant, foundTenant, resumeTenant, suspendTenant } from '../../commands/tenant.ts';
import { type Role, roles } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { agentRoutes } from '../../api/agent.ts';
import { keyRoutes } from '../../api/key.ts';
import type { Route } from '../../api/route.ts';
import { tenantRoutes } from '../../api/tenant.ts';
import { agentRules } from '../../policies/agent.ts';
import { keyRules } from '../../policies/key.ts';
import { tenantRules } from '../../policies/tenant.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { agentCreated, founded, foundingKeys, keyCreated, prefix, secretHash } from '../support/tenancy.ts';

const key = { key_id: idOf(9), name: 'k', prefix, secret_hash: secretHash };
const ids = { tenant_id: tenantId, agent_id: idOf(1), key_id: idOf(3), name: 'new', changes: { name: 'new' } };

/** Who may, by command; everybody else is refused for the role, before anything else is looked at. */
const matrix: readonly [CommandDefinition<never>, unknown, readonly Role[]][] = [
  [foundTenant, { ...ids, slug: 's', key, ...foundingKeys }, ['superadmin']],
  [suspendTenant, ids, ['superadmin']],
  [resumeTenant, ids, ['superadmin']],
  [changeTenant, ids, ['user', 'superadmin']],
  [createAgent, { ...ids, agent_id: idOf(8) }, ['orchestrator', 'user', 'superadmin']],
  [changeAgent, ids, ['orchestrator', 'user', 'superadmin']],
  [archiveAgent, ids, ['user', 'superadmin']],
  [restoreAgent, ids, ['user', 'superadmin']],
  [deleteAgent, ids, ['user', 'superadmin']],
  [createKey, { ...key, role: 'user' }, ['user', 'superadmin']],
  [renameKey, ids, ['user', 'superadmin']],
  [revokeKey, ids, ['user', 'superadmin']],
  [rotateKey, { ...ids, prefix, secret_hash: secretHash }, ['user', 'superadmin']],
];

test('each command of the tenancy is open to exactly the roles of the matrix', (t) => {
  const world = [founded, agentCreated(1), keyCreated(2), keyCreated(3)];
  for (const [definition, command, allowed] of matrix) {
    for (const role of roles) {
      const { refusal } = given(t, ...world)
        .by(role)
        .when(definition, command as never);
      t.equal(refusal?.code !== 'role_forbidden', allowed.includes(role), `${role} ${definition.name}`);
    }
  }
  t.end();
});

test('each route asks for the role that its command asks for', (t) => {
  const rules: Readonly<Record<string, unknown>> = {
    getTenant: tenantRules.read,
    changeTenant: tenantRules.change,
    listAgents: agentRules.read,
    createAgent: agentRules.create,
    getAgent: agentRules.read,
    changeAgent: agentRules.change,
    archiveAgent: agentRules.archive,
    restoreAgent: agentRules.archive,
    deleteAgent: agentRules.delete,
    listKeys: keyRules.read,
    createKey: keyRules.create,
    getKey: keyRules.read,
    renameKey: keyRules.change,
    revokeKey: keyRules.revoke,
    rotateKey: keyRules.rotate,
  };
  const routes: readonly Route[] = [...tenantRoutes, ...agentRoutes, ...keyRoutes];
  t.strictSame(Object.fromEntries(routes.map(({ operation, role }) => [operation, role])), rules);
  t.end();
});
