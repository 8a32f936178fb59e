// `npm run replay -- story` rebuilds views from the log; `--verify` only tells what a rebuild would change.
import { parseArgs } from 'node:util';
import { isId } from '../kernel/id.ts';
import { Refusal } from '../kernel/refusal.ts';
import { replay, replayNames, type ReplayOptions, type ReplayReport } from '../projections/replay.ts';
import { openSession } from '../sql/session.ts';
import { commandOf } from './command-line.ts';
import { readConfig, readMigrateUrl } from './config.ts';
import type { Environment } from './environment.ts';
import { readRuntimeInfo } from './runtime-info.ts';

const usage = `npm run replay -- [--verify] [--tenant <id>]... (--all | <projection>...)
  --all          every projection
  --verify       changes nothing, and ends with 1 when a rebuild would change something
  --tenant <id>  of this tenant alone; may be given more than once
Projections: ${replayNames.join(', ')}`;
const maxShown = 50;

interface Wish {
  readonly names: readonly string[] | null;
  readonly tenantIds: readonly string[] | null;
  readonly verify: boolean;
}

function readWish(args: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      tenant: { type: 'string', multiple: true },
    },
  });
  const { all, verify, tenant } = values;
  const stranger = positionals.find((name) => !replayNames.includes(name));
  if (stranger !== undefined) throw new Error(`There is no projection ${JSON.stringify(stranger)}.`);
  if (all === positionals.length > 0) throw new Error('Name the projections, or say --all instead.');
  const wrong = tenant?.find((id) => !isId(id));
  if (wrong !== undefined) throw new Error(`--tenant takes the id of a tenant, and ${JSON.stringify(wrong)} is none.`);
  return { verify, names: all ? null : positionals, tenantIds: tenant ?? null };
}

/** Without a URL it is the server that runs on this machine's own data. */
async function findAdminUrl(env: Environment): Promise<string> {
  if (env['DATABASE_MIGRATE_URL'] !== undefined || env['DATABASE_URL'] !== undefined) return readMigrateUrl(env);
  return (await readRuntimeInfo(readConfig(env).dataFolder)).admin_url;
}

function progressLine(startedMs: number): NonNullable<ReplayOptions['onProgress']> {
  let saidMs = startedMs;
  return ({ tenants, of, events }) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < 2_000) return;
    saidMs = nowMs;
    console.error(`${tenants} of ${of} logs, ${events} events, ${rate(events, nowMs - startedMs)}`);
  };
}

function rate(events: number, ms: number): string {
  return `${Math.round((events * 1_000) / Math.max(1, ms))} events/s`;
}

function tell({ verify }: Wish, report: ReplayReport, ms: number): void {
  const { differences, tenants, events, changed } = report;
  for (const { table, tenantId, key, what } of differences.slice(0, maxShown)) {
    console.log(`${table} ${key} of tenant ${tenantId}: ${what}`);
  }
  if (differences.length > maxShown) console.log(`and ${differences.length - maxShown} more`);
  const outcome = verify ? `${differences.length} differences` : `${changed} rows changed`;
  console.log(`${tenants} tenants, ${events} events in ${Math.round(ms)} ms (${rate(events, ms)}): ${outcome}.`);
}

async function run(wish: Wish): Promise<number> {
  const session = await openSession(await findAdminUrl(process.env), 'loopledger-replay');
  try {
    const startedMs = performance.now();
    const report = await replay({ session, ...wish, onProgress: progressLine(startedMs) });
    tell(wish, report, performance.now() - startedMs);
    return report.differences.length === 0 ? 0 : 1;
  } finally {
    await session.close();
  }
}

const wish = commandOf(process.argv.slice(2), usage, readWish);
if (wish !== null) {
  try {
    process.exitCode = await run(wish);
  } catch (error) {
    // A driver's error carries the connection; its message is enough here.
    console.error(error instanceof Refusal || error instanceof Error ? error.message : 'The replay failed.');
    process.exitCode = 1;
  }
}
