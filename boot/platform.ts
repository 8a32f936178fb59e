// `npm run platform`: acts of whoever runs the platform, by the database and not by HTTP.
import { Value } from 'typebox/value';
import { resumeTenant, suspendTenant } from '../commands/tenant.ts';
import { systemActor } from '../kernel/actor.ts';
import { isId, newId } from '../kernel/id.ts';
import { Refusal } from '../kernel/refusal.ts';
import { Name, Slug } from '../kernel/shape.ts';
import { registry } from '../projections/index.ts';
import { assertMasterKey } from '../sql/boot-checks.ts';
import { type Database, openDatabase } from '../sql/database.ts';
import { createLedger, type Ledger } from '../sql/ledger.ts';
import { createTenantKeys } from '../sql/tenant-keys.ts';
import { type Config, readConfig } from './config.ts';
import { foundTenantOn } from './found-tenant.ts';
import { loadMasterKey } from './master-key.ts';
import { refuseBoot } from './refusal.ts';
import { readRuntimeInfo } from './runtime-info.ts';

const usage = `npm run platform -- found <slug> <name>
npm run platform -- (suspend|activate) <tenant id>`;

interface Platform {
  readonly config: Config;
  readonly database: Database;
  readonly ledger: Ledger;
}

/** Answers with what to tell the operator. */
type Act = (platform: Platform) => Promise<string>;

function readAct([name, ...words]: readonly string[]): Act | null {
  if (name === 'found') return readFound(words);
  const [tenantId, ...more] = words;
  if (!isId(tenantId) || more.length > 0) return null;
  if (name === 'suspend') return suspend(tenantId);
  return name === 'activate' ? activate(tenantId) : null;
}

function readFound([slug, name, ...more]: readonly string[]): Act | null {
  if (!Value.Check(Slug, slug) || !Value.Check(Name, name) || more.length > 0) return null;
  return async ({ config, database, ledger }) => {
    const masterKey = await findMasterKey(config);
    await assertMasterKey(database, masterKey);
    const tenantKeys = createTenantKeys({ database, masterKey });
    const { tenantId, secret } = await foundTenantOn(ledger, tenantKeys, { slug, name });
    return `The tenant ${slug} is founded: ${tenantId}\nThe key of its first user is shown once: ${secret}`;
  };
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

async function changeTenant(ledger: Ledger, tenantId: string, definition: typeof suspendTenant): Promise<void> {
  await ledger.execute({
    tenantId,
    actor: systemActor,
    definition,
    command: { tenant_id: tenantId },
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

const act = readAct(process.argv.slice(2));
if (act === null) {
  console.error(usage);
  process.exitCode = 1;
} else {
  try {
    console.log(await run(act, readConfig(process.env)));
  } catch (error) {
    // A driver's error carries the connection; its message is enough here.
    console.error(error instanceof Refusal || error instanceof Error ? error.message : 'It was not done.');
    process.exitCode = 1;
  }
}
