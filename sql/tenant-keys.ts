// The private keys of tenants: made here, sealed at rest by the master key, opened only to sign and to draw with.
import { commitmentOf, seedOf } from '../kernel/draw.ts';
import { newId } from '../kernel/id.ts';
import { openSealed, type SealPlace, sealText } from '../kernel/seal.ts';
import { newSeed, openSigner, type Signer, type SigningPurpose, signingPurposes } from '../kernel/signing.ts';
import type { Database, Queryable } from './database.ts';
import { statement } from './statement.ts';

export type TenantSigner = Signer;

export interface NewSigningKey {
  readonly signing_key_id: string;
  readonly purpose: SigningPurpose;
  readonly public_key: string;
}

/** What the founding commit says of the keys that were stored before it. */
export interface FoundingKeys {
  readonly signing_keys: readonly NewSigningKey[];
  /** To the seed of the first draw. */
  readonly commitment: string;
}

export interface TenantKeys {
  /** Makes and stores the keys of a tenant that is about to be founded. */
  prepare(tenantId: string): Promise<FoundingKeys>;
  /** Makes and stores one more key; it signs nothing before an event says that it is in force. */
  add(tenantId: string, purpose: SigningPurpose): Promise<NewSigningKey>;
  /** Of the key that is in force now, as of the latest commit. */
  signer(tenantId: string, purpose: SigningPurpose): Promise<TenantSigner>;
  /** Without asking anybody; undefined until it was loaded. */
  heldSigner(tenantId: string, keyId: string): TenantSigner | undefined;
  /** Lower-case hexadecimal; undefined until the secret was loaded. */
  heldSeed(tenantId: string, n: number): string | undefined;
  /** Brings private keys into memory: of signing keys by their ids, and the secret of draws by `drawSecret`. */
  load(tenantId: string, names: readonly string[], database?: Queryable): Promise<void>;
}

export interface TenantKeysOptions {
  readonly database: Database;
  readonly masterKey: Buffer;
  /** Opened keys that one process holds. */
  readonly maxHeld?: number;
}

export const drawSecret = 'draw';

interface Held {
  readonly signer: Signer | null;
  readonly secret: Buffer;
}

interface SealedRow extends Record<string, unknown> {
  readonly key_id: string;
  readonly purpose: string;
  readonly sealed: string;
}

const putStatement = statement('put_tenant_keys', 'select platform.put_tenant_keys($1, $2, $3, $4)');
const loadStatement = statement(
  'load_tenant_keys',
  `select k.key_id, k.purpose, k.sealed from platform.tenant_keys k
    where k.tenant_id = $1 and (k.key_id = any($2::uuid[]) or ($3::boolean and k.purpose = '${drawSecret}'))`,
);
const inForceStatement = statement(
  'signing_key_in_force',
  `select s.signing_key_id as key_id from view.signing_keys s
    where s.tenant_id = $1 and s.purpose = $2 and s.status = 'active'`,
);

export function createTenantKeys(options: TenantKeysOptions): TenantKeys {
  return new SealedKeys(options);
}

class SealedKeys implements TenantKeys {
  private readonly database: Database;
  private readonly masterKey: Buffer;
  private readonly maxHeld: number;
  /** Oldest first. */
  private readonly held = new Map<string, Held>();

  constructor({ database, masterKey, maxHeld = 4_096 }: TenantKeysOptions) {
    this.database = database;
    this.masterKey = masterKey;
    this.maxHeld = maxHeld;
  }

  async prepare(tenantId: string): Promise<FoundingKeys> {
    const made = signingPurposes.map((purpose) => ({ id: newId(), purpose, secret: newSeed() }));
    const draw = { id: newId(), purpose: drawSecret, secret: newSeed() };
    await this.put(tenantId, [...made, draw]);
    const signing_keys = made.map(({ id, purpose, secret }) => publish(id, purpose, secret));
    return { signing_keys, commitment: commitmentOf(seedOf(draw.secret, 1)) };
  }

  async add(tenantId: string, purpose: SigningPurpose): Promise<NewSigningKey> {
    const [id, secret] = [newId(), newSeed()];
    await this.put(tenantId, [{ id, purpose, secret }]);
    return publish(id, purpose, secret);
  }

  async signer(tenantId: string, purpose: SigningPurpose): Promise<TenantSigner> {
    const [row] = await this.database.read<{ key_id: string }>(tenantId, inForceStatement, [tenantId, purpose]);
    if (row === undefined) throw new Error(`the tenant has no key in force for ${purpose}`);
    if (this.heldSigner(tenantId, row.key_id) === undefined) await this.load(tenantId, [row.key_id]);
    const signer = this.heldSigner(tenantId, row.key_id);
    if (signer === undefined) throw new Error('a key was forgotten as soon as it was loaded');
    return signer;
  }

  heldSigner(tenantId: string, keyId: string): TenantSigner | undefined {
    return this.held.get(`${tenantId}:${keyId}`)?.signer ?? undefined;
  }

  heldSeed(tenantId: string, n: number): string | undefined {
    const secret = this.held.get(`${tenantId}:${drawSecret}`)?.secret;
    return secret === undefined ? undefined : seedOf(secret, n);
  }

  async load(tenantId: string, names: readonly string[], database: Queryable = this.database): Promise<void> {
    const ids = names.filter((name) => name !== drawSecret);
    const values = [tenantId, ids, ids.length < names.length];
    const rows = await database.read<SealedRow>(tenantId, loadStatement, values);
    for (const row of rows) this.keep(tenantId, row);
    for (const name of names) {
      if (!this.held.has(`${tenantId}:${name}`)) throw new Error('the tenant has no such private key');
    }
  }

  private async put(tenantId: string, keys: readonly { id: string; purpose: string; secret: Buffer }[]): Promise<void> {
    const sealed = keys.map(({ id, purpose, secret }) =>
      sealText(this.placeOf(tenantId, id, purpose), secret.toString('base64url')),
    );
    const [ids, purposes] = [keys.map(({ id }) => id), keys.map(({ purpose }) => purpose)];
    await this.database.platform(putStatement, [tenantId, ids, purposes, sealed]);
  }

  private keep(tenantId: string, { key_id, purpose, sealed }: SealedRow): void {
    const opened = openSealed(this.placeOf(tenantId, key_id, purpose), sealed);
    if (opened === null) throw new Error('a private key was sealed with another master key, or for another place');
    const secret = Buffer.from(opened, 'base64url');
    const isDraw = purpose === drawSecret;
    const name = `${tenantId}:${isDraw ? drawSecret : key_id}`;
    this.held.delete(name);
    this.held.set(name, { secret, signer: isDraw ? null : openSigner(key_id, secret) });
    for (const oldest of this.held.keys()) {
      if (this.held.size <= this.maxHeld) return;
      this.held.delete(oldest);
    }
  }

  private placeOf(tenantId: string, keyId: string, purpose: string): SealPlace {
    return {
      masterKey: this.masterKey,
      tenantId,
      purpose: 'tenant-key',
      about: `${tenantId} ${keyId} ${purpose}`,
    };
  }
}

function publish(id: string, purpose: SigningPurpose, seed: Buffer): NewSigningKey {
  return { signing_key_id: id, purpose, public_key: openSigner(id, seed).publicKey };
}
