// `npm run platform`: acts of whoever runs the platform, by the database and not by HTTP.
import { Value } from 'typebox/value';
import { resumeTenant, setQuotas, suspendTenant } from '../commands/tenant.ts';
import { grantKey, revokeKey } from '../commands/key.ts';
import { HeldQuotas } from '../events/tenant.ts';
import { platformId, systemActor } from '../kernel/actor.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import { isId, newId } from '../kernel/id.ts';
import { Refusal } from '../kernel/refusal.ts';
import { Name, Slug } from '../kernel/shape.ts';
import { newKey } from '../kernel/secret.ts';
import { registry } from '../projections/index.ts';
import { type KeyView, listKeys } from '../projections/key.ts';
import { assertMasterKey } from '../sql/boot-checks.ts';
import { type Database, openDatabase } from '../sql/database.ts';
import { createLedger, type Ledger } from '../sql/ledger.ts';
import { addModelPrice } from '../sql/model-price.ts';
import { createTenantKeys } from '../sql/tenant-keys.ts';
import { commandOf } from './command-line.ts';
import { type Config, readConfig } from './config.ts';
import { foundTenantOn } from './found-tenant.ts';
import { loadMasterKey } from './master-key.ts';
import { readPrice } from './price.ts';
import { refuseBoot } from './refusal.ts';
import { readRuntimeInfo } from './runtime-info.ts';

const usage = `npm run platform -- found <slug> <name>
                                     a slug has small letters, digits and dashes, 64 at most; a tenant for programs,
                                     without a person: people found theirs at /signup, with a passkey
npm run platform -- (suspend|activate) <tenant id>
npm run platform -- quota <tenant id> <most stories> <most active dispatches> [<requests a minute of a key> [<of all keys> [<runs at a time>]]]
                                     each a number or none
npm run platform -- price (openai|anthropic) <model> <asked> <cached> <answered> [<from YYYY-MM-DD>]
                                     in dollars for a million tokens; it goes before what was listed
npm run platform -- grant <name>     a key of the platform: it acts in any tenant that a request names
npm run platform -- revoke <key id>
npm run platform -- list             the keys of the platform`;

const unmanned =
  'Nobody in it has an authenticator, so nobody can send an agent to claim a story. ' +
  'For that a person founds a tenant in the browser, at /signup.';

interface Platform {
  readonly config: Config;
  readonly database: Database;
  readonly ledger: Ledger;
}

/** Answers with what to tell the operator. */
type Act = (platform: Platform) => Promise<string>;

/** Each reads its words, and answers with null when they are not what it takes. */
const acts: Readonly<Record<string, (words: readonly string[]) => Act | null>> = {
  found: readFound,
  suspend: readOneId(suspend),
  activate: readOneId(activate),
  quota: readQuota,
  price: listPrice,
  grant: readGrant,
  revoke: readOneId(revoke),
  list: (words) => (words.length === 0 ? listKeysOfPlatform : null),
};

function readAct([name, ...words]: readonly string[]): Act {
  if (name === undefined) throw new Error('Say what to do.');
  const read = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (read === undefined) throw new Error(`There is nothing called ${JSON.stringify(name)} to do.`);
  const act = read(words);
  if (act !== null) return act;
  const said = words.map((word) => JSON.stringify(word)).join(' ');
  throw new Error(`${name} does not take ${said === '' ? 'no words' : said}: compare its line below.`);
}

function readOneId(actOn: (id: string) => Act): (words: readonly string[]) => Act | null {
  return ([id, ...more]) => (isId(id) && more.length === 0 ? actOn(id) : null);
}

function readFound([slug, name, ...more]: readonly string[]): Act | null {
  if (!Value.Check(Slug, slug) || !Value.Check(Name, name) || more.length > 0) return null;
  return async ({ config, database, ledger }) => {
    const masterKey = await findMasterKey(config);
    await assertMasterKey(database, masterKey);
    const tenantKeys = createTenantKeys({ database, masterKey });
    const { tenantId, secret } = await foundTenantOn(ledger, tenantKeys, { slug, name });
    return `The tenant ${slug} is founded: ${tenantId}\nThe key of its first user is shown once: ${secret}\n${unmanned}`;
  };
}

function readQuota([tenantId, stories, dispatches, perKey, perTenant, runs, ...more]: readonly string[]): Act | null {
  const rates = { requests_per_key: readMost(perKey ?? 'none'), requests_per_tenant: readMost(perTenant ?? 'none') };
  const quotas = {
    max_stories: readMost(stories),
    max_dispatches: readMost(dispatches),
    max_runs: readMost(runs ?? 'none'),
    ...rates,
  };
  if (!isId(tenantId) || !Value.Check(HeldQuotas, quotas) || more.length > 0) return null;
  return async ({ ledger }) => {
    await write(ledger, tenantId, setQuotas, { tenant_id: tenantId, ...quotas });
    const most = `${stories} stories and ${dispatches} active dispatches`;
    const asked = `${perKey ?? 'as many as usual'} requests a minute for each key, ${perTenant ?? 'as many as usual'} for all`;
    return `The tenant ${tenantId} may have ${most}; ${asked}; ${runs ?? 'as many as usual'} runs at a time.`;
  };
}

/** Null is no limit; what is no number fits no quota. */
function readMost(word: string | undefined): number | null | undefined {
  if (word === 'none') return null;
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : undefined;
}

function listPrice(words: readonly string[]): Act | null {
  const price = readPrice(words, new Date());
  if (price === null) return null;
  return async ({ database }) => {
    const id = await addModelPrice(database, price);
    return `The price ${id} of ${price.model} holds from ${price.validFrom} on.`;
  };
}

function readGrant([name, ...more]: readonly string[]): Act | null {
  if (!Value.Check(Name, name) || more.length > 0) return null;
  return async ({ ledger }) => {
    const { secret, hash, prefix } = newKey('live');
    const key_id = newId();
    const command = { key_id, name, prefix, secret_hash: hash.toString('hex') };
    await write(ledger, platformId, grantKey, command);
    return `The key ${key_id} of the platform is granted to ${name}. It is shown once: ${secret}`;
  };
}

function revoke(keyId: string): Act {
  return async ({ ledger }) => {
    await write(ledger, platformId, revokeKey, { key_id: keyId });
    return `The key ${keyId} is revoked: it stops within a second.`;
  };
}

async function listKeysOfPlatform({ database }: Platform): Promise<string> {
  const page = { limit: 200, after: null, count: false };
  const { items } = await listKeys(database, platformId, {}, page);
  const keys = items.map((text) => JSON.parse(text) as KeyView);
  const lines = keys.map(({ id, prefix, status, created_at, name }) =>
    [id, prefix, status, created_at, name].join('  '),
  );
  return lines.length === 0 ? 'The platform has no keys.' : lines.join('\n');
}

function suspend(tenantId: string): Act {
  return async ({ ledger }) => {
    await changeTenant(ledger, tenantId, suspendTenant);
    return `The tenant ${tenantId} is suspended: none of its keys works.`;
  };
}

function activate(tenantId: string): Act {
  return async ({ ledger }) => {
    await changeTenant(ledger, tenantId, resumeTenant);
    return `The tenant ${tenantId} is active.`;
  };
}

function changeTenant(ledger: Ledger, tenantId: string, definition: typeof suspendTenant): Promise<void> {
  return write(ledger, tenantId, definition, { tenant_id: tenantId });
}

async function write<Command>(
  ledger: Ledger,
  tenantId: string,
  definition: CommandDefinition<Command>,
  command: Command,
): Promise<void> {
  await ledger.execute({
    tenantId,
    actor: systemActor,
    definition,
    command,
    correlationId: tenantId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: () => ({ status: 200, body: 'null' }),
  });
}

/** What this seals, every process of the server must open: with a database of its own a new key would shut them out. */
async function findMasterKey({ database, dataFolder, masterKey }: Config): Promise<Buffer> {
  if (masterKey !== null) return masterKey;
  if (database === null) return loadMasterKey(dataFolder);
  throw refuseBoot('config_invalid', 'Set LOOPLEDGER_MASTER_KEY to the one that the server has.');
}

async function run(act: Act, config: Config): Promise<string> {
  const url = config.database?.url ?? (await readRuntimeInfo(config.dataFolder)).app_url;
  const database = openDatabase({ url, max: 1, applicationName: 'loopledger-platform' });
  try {
    return await act({ config, database, ledger: createLedger({ database, registry }) });
  } finally {
    await database.close();
  }
}

const act = commandOf(process.argv.slice(2), usage, readAct);
if (act !== null) {
  try {
    console.log(await run(act, readConfig(process.env)));
  } catch (error) {
    // A driver's error carries the connection; its message is enough here.
    console.error(error instanceof Refusal || error instanceof Error ? error.message : 'It was not done.');
    process.exitCode = 1;
  }
}
