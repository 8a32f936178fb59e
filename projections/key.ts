// Keys as people read them, the directory by which callers are recognised, and who a caller is.
import { type Static, Type } from 'typebox';
import { Id, viewFrame } from '../kernel/shape.ts';
import { type Key, KeyRole, keyFields, keyStatus, keyStream } from '../events/key.ts';
import { keyRules, keysOfHolder, keysOfTenant, userKeys } from '../policies/key.ts';
import type { Database } from '../sql/database.ts';
import { type InlineView, type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadParsedAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { headPosition, leastId, type Listed, listQuery, type PageRequest, readPage } from './page.ts';
import { snapshotOf } from './snapshot.ts';

const KeyStatus = Type.Enum(['active', 'suspended', 'revoked', 'expired']);

const dispatch_id = Type.Union([Id, Type.Null()], { description: 'The dispatch that an ephemeral key belongs to' });

export const KeyView = Type.Object(
  { ...viewFrame, ...keyFields, dispatch_id, status: KeyStatus },
  { additionalProperties: false },
);
export type KeyView = Static<typeof KeyView>;

export const keyInline = rowPerStream('key', keyStream, (key) => {
  const { name, role, agent_id, prefix, expires_at, dispatch } = key;
  return { name, role, agent_id, prefix, expires_at, lineage: dispatch?.lineage ?? [], status: keyStatus(key) };
});

/** One row for each secret that the key ever had. */
export const keyHashInline: InlineView<Key> = {
  name: 'key_hash',
  stream: keyStream,
  project({ id, version, position, state: key }) {
    const { role, agent_id, expires_at, dispatch } = key;
    const { lineage = [], story_id = null } = dispatch ?? {};
    const active = keyStatus(key) === 'active';
    const shared = { id, version, position, role, agent_id, lineage, story_id };
    const former = key.former.map(({ secret_hash, until }) => ({
      ...shared,
      secret_hash,
      active: active && until !== null,
      expires_at: earlier(until, expires_at),
    }));
    return [...former, { ...shared, secret_hash: key.secret_hash, active, expires_at }];
  },
};

/** Null is never. */
function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

interface KeyRow extends ObjectRow {
  readonly name: string;
  readonly role: string;
  readonly agent_id: string | null;
  readonly prefix: string;
  readonly expires_at: string | null;
  readonly dispatch_id: string | null;
  readonly status: string;
}

/** Expiry takes effect by the clock, whether or not it was recorded. */
const status = `case when k.status <> 'revoked' and k.expires_at <= now() then 'expired' else k.status end`;
const columns = `k.key_id as id, k.version, k.created_at, k.updated_at, k.name, k.role, k.agent_id, k.prefix,
       k.expires_at, k.lineage[cardinality(k.lineage)] as dispatch_id, ${status} as status`;

function keyText(row: KeyRow): string {
  const { name, role, agent_id, prefix, expires_at, dispatch_id: dispatch, status: shown } = row;
  return (
    `{${frameText(row)},"name":${JSON.stringify(name)},"role":"${role}","agent_id":${quoted(agent_id)}` +
    `,"prefix":"${prefix}","expires_at":${quoted(expires_at)},"dispatch_id":${quoted(dispatch)},"status":"${shown}"}`
  );
}

function quoted(plain: string | null): string {
  return plain === null ? 'null' : `"${plain}"`;
}

export const keySnapshot = snapshotOf('key', keyRules.read, {
  columns,
  source: 'from view.keys k where k.tenant_id = $1',
  after: 'k.key_id > $3::uuid',
  show: keyText,
});

const byId = statement(
  'find_key',
  `select ${headPosition} as position, ${columns} from view.keys k where k.tenant_id = $1 and k.key_id = $2`,
);

export function findKey(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show: keyText });
}

export const keyFilters = {
  status: Type.Optional(KeyStatus),
  role: Type.Optional(KeyRole),
  agent_id: Type.Optional(Id),
} as const;
export interface KeyFilters {
  readonly status?: Static<typeof KeyStatus>;
  readonly role?: Static<typeof KeyRole>;
  readonly agent_id?: string;
}

const inOrderOfBirth = listQuery({
  name: 'list_keys',
  columns,
  source: `from view.keys k
          where k.tenant_id = $1 and ($4::text is null or ${status} = $4)
            and ($5::text is null or k.role = $5) and ($6::uuid is null or k.agent_id = $6)`,
  after: 'k.key_id > $3::uuid',
  order: ['id'],
});

export async function listKeys(
  database: Database,
  tenantId: string,
  filters: KeyFilters,
  page: PageRequest,
): Promise<Listed> {
  const { status: wanted = null, role = null, agent_id = null } = filters;
  const values = [page.after?.[0] ?? leastId, wanted, role, agent_id];
  return readPage(database, inOrderOfBirth, { tenantId, page, values, show: keyText });
}

export interface Caller {
  readonly position: number;
  readonly prefix: string;
  readonly name: string;
  readonly expires_at: string | null;
  readonly agent_name: string | null;
  /** Null for a key of the platform, which is no tenant. */
  readonly tenant_name: string | null;
  readonly tenant_slug: string | null;
}

const callerStatement = statement(
  'find_caller',
  `select ${headPosition} as position, k.prefix, k.name, k.expires_at, a.name as agent_name,
          t.name as tenant_name, t.slug as tenant_slug
     from view.keys k
     left join view.tenants t on t.tenant_id = k.tenant_id
     left join view.agents a on a.tenant_id = k.tenant_id and a.agent_id = k.agent_id
    where k.tenant_id = $1 and k.key_id = $2`,
);

export async function findCaller(database: Database, tenantId: string, keyId: string): Promise<Caller | null> {
  const [row] = await database.read<Caller & Record<string, unknown>>(tenantId, callerStatement, [tenantId, keyId]);
  return row ?? null;
}

/** Held keys as the facts tell them: the time in the form in which it was recorded. */
function heldKeys(condition: string): string {
  return `coalesce((
    select json_agg(json_build_object('key_id', k.key_id, 'role', k.role, 'expires_at',
             to_char(k.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'lineage', k.lineage) order by k.key_id)
      from view.keys k
     where k.tenant_id = $1 and k.status in ('active', 'suspended') and ${condition}), '[]')`;
}

export const keyLookups: readonly LookupLoader[] = [
  {
    definition: keysOfHolder,
    load: loadParsedAtHead(
      'keys_of_holder',
      heldKeys(`(k.agent_id = nullif($2, '${userKeys}')::uuid or ($2 = '${userKeys}' and k.agent_id is null))`),
    ),
  },
  { definition: keysOfTenant, load: loadParsedAtHead('keys_of_tenant', heldKeys('$2::text is not null')) },
];
