// `npm run platform -- suspend <tenant id>`, or activate: acts of whoever runs the platform, by the database and not by HTTP.
import { resumeTenant, suspendTenant } from '../commands/tenant.ts';
import { systemActor } from '../kernel/actor.ts';
import { isId, newId } from '../kernel/id.ts';
import { Refusal } from '../kernel/refusal.ts';
import { registry } from '../projections/index.ts';
import { openDatabase } from '../sql/database.ts';
import { createLedger } from '../sql/ledger.ts';
import { readConfig } from './config.ts';
import { type Environment, readDatabaseUrl } from './environment.ts';
import { readRuntimeInfo } from './runtime-info.ts';

const usage = 'npm run platform -- (suspend|activate) <tenant id>';
const acts = { suspend: suspendTenant, activate: resumeTenant } as const;

async function findAppUrl(env: Environment): Promise<string> {
  return readDatabaseUrl(env, 'DATABASE_URL') ?? (await readRuntimeInfo(readConfig(env).dataFolder)).app_url;
}

async function run(act: keyof typeof acts, tenantId: string): Promise<void> {
  const url = await findAppUrl(process.env);
  const database = openDatabase({ url, max: 1, applicationName: 'loopledger-platform' });
  try {
    await createLedger({ database, registry }).execute({
      tenantId,
      actor: systemActor,
      definition: acts[act],
      command: { tenant_id: tenantId },
      correlationId: tenantId,
      idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
      expectedVersion: null,
      render: () => ({ status: 200, body: 'null' }),
    });
  } finally {
    await database.close();
  }
}

const [act, tenantId, ...more] = process.argv.slice(2);
if ((act !== 'suspend' && act !== 'activate') || !isId(tenantId) || more.length > 0) {
  console.error(usage);
  process.exitCode = 1;
} else {
  try {
    await run(act, tenantId);
    console.log(`The tenant ${tenantId} is ${act === 'suspend' ? 'suspended: none of its keys works' : 'active'}.`);
  } catch (error) {
    // A driver's error carries the connection; its message is enough here.
    console.error(error instanceof Refusal || error instanceof Error ? error.message : 'It was not done.');
    process.exitCode = 1;
  }
}
