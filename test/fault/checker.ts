// The history checker: one database, the histories of all that wrote and read it, and every promise held against both.
import pg from 'pg';
import { registry } from '../../projections/index.ts';
import { replay } from '../../projections/replay.ts';
import { openSession } from '../../sql/session.ts';
import { type AnswerRow, ClaimCheck } from './claim-check.ts';
import { type Claims, gatherClaims } from './claims.ts';
import { Verdict } from './finding.ts';
import { type Head, LogCheck, type LogRow } from './log-check.ts';

export interface CheckOptions {
  /** Any role that reads the log: the context is set for each tenant. */
  readonly url: string;
  /** The owner's, who may replay: every view of the commit is compared with the log. */
  readonly adminUrl: string;
  readonly folder: string;
}

const pageSize = 2_000;
const bigint = 20;

export async function checkHistory({ url, adminUrl, folder }: CheckOptions): Promise<Verdict> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const verdict = await checkWith(client, folder);
    await checkReplay(adminUrl, verdict);
    return verdict;
  } finally {
    await client.end();
  }
}

/** The views that the commit writes; those that follow the log may be behind it. */
async function checkReplay(adminUrl: string, verdict: Verdict): Promise<void> {
  const session = await openSession(adminUrl, 'loopledger-check');
  try {
    const names = [...registry.views.values()].flatMap((views) => views.map(({ name }) => name));
    const { differences, events } = await replay({ session, names, tenantIds: verdict.tenants, verify: true });
    verdict.counts.replayedEvents += events;
    for (const { tenantId, table, key, what } of differences)
      verdict.fault('replay', tenantId, `${table} ${key}: ${what}`);
  } finally {
    await session.close();
  }
}

/** Log, answers and claims; the views are what a replay is for. */
export async function checkWith(client: pg.Client, folder: string): Promise<Verdict> {
  client.setTypeParser(bigint, Number);
  const verdict = new Verdict();
  const claims = await gatherClaims(folder, verdict);
  for (const tenant of claims.byTenant.keys()) await checkTenant(client, tenant, claims, verdict);
  return verdict;
}

async function checkTenant(client: pg.Client, tenant: string, claims: Claims, verdict: Verdict): Promise<void> {
  verdict.tenants.push(tenant);
  verdict.counts.tenants += 1;
  await client.query("select set_config('app.tenant_id', $1, false)", [tenant]);
  const log = new LogCheck(tenant, registry, verdict);
  const claim = new ClaimCheck(tenant, claims, verdict);
  for await (const row of readLog(client, tenant)) {
    const taken = log.take(row);
    if (taken !== null) claim.event(taken.event, taken.stream);
  }
  log.finish(await readHead(client, tenant));
  for await (const row of readAnswers(client, tenant)) claim.answer(row);
  claim.finish();
  for (const [name, pages] of claims.pages.get(tenant) ?? []) claim.reader(name, pages);
  for (const ended of claims.ended) if (ended.tenant === tenant) claim.readerEnded(ended.reader, ended.position);
}

async function* readLog(client: pg.Client, tenant: string): AsyncGenerator<LogRow> {
  for (let after = 0; ;) {
    const { rows } = await client.query<LogRow>({
      name: 'check_log',
      text: `select position, event_id, stream_type, stream_id, version, type, schema, project_id, recorded_at, entry,
                    leaf_hash, chain_hash
               from ledger.events where tenant_id = $1 and position > $2 order by position limit ${pageSize}`,
      values: [tenant, after],
    });
    yield* rows;
    if (rows.length < pageSize) return;
    after = rows.at(-1)?.position ?? 0;
  }
}

async function readHead(client: pg.Client, tenant: string): Promise<Head | null> {
  const { rows } = await client.query<Head>(
    'select position, chain_hash, recorded_at from ledger.heads where tenant_id = $1',
    [tenant],
  );
  return rows[0] ?? null;
}

async function* readAnswers(client: pg.Client, tenant: string): AsyncGenerator<AnswerRow> {
  for (let scope = '00000000-0000-0000-0000-000000000000', command = ''; ;) {
    const { rows } = await client.query<AnswerRow>({
      name: 'check_answers',
      text: `select scope, command_id, status, position, version, body
               from ledger.requests where tenant_id = $1 and (scope, command_id) > ($2, $3)
              order by scope, command_id limit ${pageSize}`,
      values: [tenant, scope, command],
    });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return;
    scope = last.scope;
    command = last.command_id;
  }
}
