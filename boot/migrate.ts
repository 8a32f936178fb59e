// `npm run migrate`: sets up or updates an external database and says what it did.
import { Refusal } from '../kernel/refusal.ts';
import { migrate, type MigrateOptions } from '../sql/migrate.ts';
import { appRole, workerRole } from '../sql/migration-role.ts';
import { commandOf, noWords } from './command-line.ts';
import { readMigrateUrl } from './config.ts';
import { type Environment, readDatabaseUrl } from './environment.ts';

const usage = `npm run migrate
Sets up or updates the database of DATABASE_MIGRATE_URL; .env.example says who that connects as.`;

/** The URLs that the server connects with also tell which passwords its roles are to have. */
function readPasswords(env: Environment): Pick<MigrateOptions, 'appPassword' | 'workerPassword'> {
  const passwords = new Map<string, string>();
  for (const name of ['DATABASE_WORKER_URL', 'DATABASE_URL']) {
    const url = URL.parse(readDatabaseUrl(env, name) ?? '');
    if (url !== null && url.password !== '') {
      passwords.set(decodeURIComponent(url.username), decodeURIComponent(url.password));
    }
  }
  const appPassword = passwords.get(appRole);
  const workerPassword = passwords.get(workerRole);
  return {
    ...(appPassword === undefined ? {} : { appPassword }),
    ...(workerPassword === undefined ? {} : { workerPassword }),
  };
}

async function run(): Promise<void> {
  const adminUrl = readMigrateUrl(process.env);
  const applied = await migrate({ adminUrl, ...readPasswords(process.env), log: (line) => console.log(line) });
  console.log(
    applied.length === 0 ? 'The database is up to date.' : `The database is up to date: ${applied.length} applied.`,
  );
}

if (commandOf(process.argv.slice(2), usage, noWords) !== null) {
  try {
    await run();
  } catch (error) {
    // A driver's error carries the connection; its message is enough here.
    console.error(error instanceof Refusal || error instanceof Error ? error.message : 'The migration failed.');
    process.exitCode = 1;
  }
}
