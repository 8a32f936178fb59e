// Commands on the tenant. Founding and suspending are acts of the platform and have no route.
import { type Static, Type } from 'typebox';
import type { CommandDefinition, World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { Name } from '../kernel/shape.ts';
import { record } from '../kernel/stream.ts';
import { type Authenticator, AuthenticatorEnrolled, authenticatorStream } from '../events/authenticator.ts';
import { DrawCommitted, drawStream } from '../events/draw.ts';
import { KeyCreated, KeyResumed, KeySuspended, keyStream } from '../events/key.ts';
import { type Operator, OperatorEnlisted, operatorStream } from '../events/operator.ts';
import { SigningKeyCreated, type SigningKey, signingKeyStream } from '../events/signing-key.ts';
import {
  type HeldQuotas,
  noQuotas,
  TenantChanged,
  TenantFounded,
  TenantResumed,
  tenantStream,
  TenantSuspended,
  type Quotas,
  TenantQuotasSet,
} from '../events/tenant.ts';
import { authenticatorRefusals, maxAuthenticators } from '../policies/authenticator.ts';
import { keysOfTenant, wholeTenant } from '../policies/key.ts';
import { requireRole } from '../policies/role.ts';
import { endSessions } from '../policies/session.ts';
import { tenantOf, tenantRefusals, tenantRules } from '../policies/tenant.ts';

export const ChangeTenantBody = Type.Object({ name: Name }, { additionalProperties: false });

export interface FoundTenant {
  readonly tenant_id: string;
  readonly name: string;
  readonly slug: string;
  /** Of the first user; it never expires. */
  readonly key: {
    readonly key_id: string;
    readonly name: string;
    readonly prefix: string;
    readonly secret_hash: string;
  };
  readonly signing_keys: readonly {
    readonly signing_key_id: string;
    readonly purpose: SigningKey['purpose'];
    readonly public_key: string;
  }[];
  /** To the seed of the first draw. */
  readonly commitment: string;
  /** Nobody when the platform founds it: then nobody can sign in, and no act that needs a person is possible. */
  readonly operator?: FirstOperator;
}

export interface FirstOperator extends Operator {
  readonly operator_id: string;
  readonly authenticators: readonly (Omit<Authenticator, 'operator_id' | 'used_at' | 'status'> & {
    readonly authenticator_id: string;
  })[];
}

const tenantRef = (id: string) => ({ type: 'tenant', id });

export const foundTenant: CommandDefinition<FoundTenant> = {
  name: 'FoundTenant',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(tenantRules.found, world.actor),
  decide(command, world) {
    const { tenant_id, name, slug, key, signing_keys, commitment, operator } = command;
    if (tenant_id !== world.tenantId) throw new Error('a tenant is founded in its own log');
    if (world.find(tenantStream, tenant_id) !== undefined) {
      throw tenantRefusals.refuse('tenant_founded', 'The tenant was founded already.');
    }
    const { key_id, ...shown } = key;
    const first = { ...shown, role: 'user', agent_id: null, expires_at: null } as const;
    return [
      record(TenantFounded, tenantRef(tenant_id), { name, slug }, null),
      ...(operator === undefined ? [] : enlist(operator)),
      ...signing_keys.map(({ signing_key_id, ...shape }) =>
        record(
          SigningKeyCreated,
          { type: signingKeyStream.type, id: signing_key_id },
          { ...shape, succession: null },
          null,
        ),
      ),
      record(DrawCommitted, { type: drawStream.type, id: tenant_id }, { n: 1, commitment }, null),
      record(KeyCreated, { type: 'key', id: key_id }, first, null),
    ];
  },
};

function enlist({ operator_id, name, email, authenticators }: FirstOperator): NewEvent[] {
  const ids = new Set(authenticators.map(({ credential_id }) => credential_id));
  if (ids.size !== authenticators.length) {
    throw authenticatorRefusals.refuse('authenticator_known', 'The same credential came twice.');
  }
  if (ids.size === 0 || ids.size > maxAuthenticators) {
    throw authenticatorRefusals.refuse('authenticator_limit', `There are 1 to ${maxAuthenticators} authenticators.`);
  }
  return [
    record(OperatorEnlisted, { type: operatorStream.type, id: operator_id }, { name, email }, null),
    ...authenticators.map(({ authenticator_id, ...shape }) =>
      record(
        AuthenticatorEnrolled,
        { type: authenticatorStream.type, id: authenticator_id },
        { operator_id, ...shape },
        null,
      ),
    ),
  ];
}

export interface ChangeTenant extends Static<typeof ChangeTenantBody> {
  readonly tenant_id: string;
}

export const changeTenant: CommandDefinition<ChangeTenant> = {
  name: 'ChangeTenant',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(tenantRules.change, world.actor),
  decide({ tenant_id, name }, world) {
    if (tenantOf(world).name === name) return [];
    return [record(TenantChanged, tenantRef(tenant_id), { name }, null)];
  },
};

export interface NameTenant {
  readonly tenant_id: string;
}

export const suspendTenant: CommandDefinition<NameTenant> = {
  name: 'SuspendTenant',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(tenantRules.suspend, world.actor),
  decide({ tenant_id }, world) {
    if (tenantOf(world).status === 'suspended') return [];
    return [
      record(TenantSuspended, tenantRef(tenant_id), {}, null),
      ...eachKey(world, KeySuspended),
      ...endSessions(world, null),
    ];
  },
};

export const resumeTenant: CommandDefinition<NameTenant> = {
  name: 'ResumeTenant',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(tenantRules.suspend, world.actor),
  decide({ tenant_id }, world) {
    if (tenantOf(world).status === 'active') return [];
    return [record(TenantResumed, tenantRef(tenant_id), {}, null), ...eachKey(world, KeyResumed)];
  },
};

export interface SetQuotas extends Quotas {
  readonly tenant_id: string;
}

/** What there is already stays, also where it is more. */
export const setQuotas: CommandDefinition<SetQuotas> = {
  name: 'SetQuotas',
  subject: ({ tenant_id }) => tenantRef(tenant_id),
  authorize: (_command, world) => requireRole(tenantRules.setQuotas, world.actor),
  decide({ tenant_id, ...said }, world) {
    const { quotas } = tenantOf(world);
    const wanted: HeldQuotas = { ...noQuotas, ...said };
    const names = Object.keys(noQuotas) as (keyof HeldQuotas)[];
    if (names.every((name) => quotas[name] === wanted[name])) return [];
    return [record(TenantQuotasSet, tenantRef(tenant_id), wanted, null)];
  },
};

/** The directory of keys is written from the streams of the keys alone, so each of them has to say that it stops. */
function eachKey(world: World, kind: typeof KeySuspended | typeof KeyResumed): NewEvent[] {
  const data = { by: 'tenant' } as const;
  return world
    .lookup(keysOfTenant, wholeTenant)
    .map(({ key_id }) => record(kind, { type: keyStream.type, id: key_id }, data, null));
}
