// Whether the one door to the database keeps tenants apart on a connection that all of them share: readers of A, of B and
// of nobody in any order, between statements that fail, run out of time or lose their connection.
import pg from 'pg';
import { type LedgerDatabase, openDatabase } from '../../sql/database.ts';
import { statement } from '../../sql/statement.ts';
import type { Finding } from './finding.ts';
import type { Chance } from './random.ts';
import type { Site } from './site.ts';

/** Asks for everything: only the row policies stand between the caller and the rest. */
const everything = statement(
  'probe_everything',
  `select tenant_id, pg_backend_pid() as pid from view.stories
    union all select tenant_id, pg_backend_pid() from ledger.events`,
);
const context = statement(
  'probe_context',
  `select current_setting('app.tenant_id', true) as tenant, pg_backend_pid() as pid`,
);
const failing = statement('probe_failing', `select tenant_id, 1 / 0 from view.stories`);
const senseless = statement('probe_senseless', 'select nothing from nowhere');
const slow = statement('probe_slow', 'select pg_sleep(5)');

interface Row extends Record<string, unknown> {
  readonly tenant_id: string;
  readonly pid: number;
}

export interface ScopingReport {
  readonly findings: readonly Finding[];
  /** How often a connection was used by someone else before. */
  readonly reused: number;
  readonly failed: number;
}

interface Round {
  readonly database: LedgerDatabase;
  readonly admin: pg.Client;
  readonly site: Site;
  readonly findings: Finding[];
  lastUse: string;
  reused: number;
  failed: number;
}

type Step = (round: Round) => Promise<void>;

const steps: readonly (readonly [weight: number, step: Step])[] = [
  [30, (round) => readAs(round, round.site.a)],
  [30, (round) => readAs(round, round.site.b)],
  [20, readAsNobody],
  [12, (round) => fail(round, failing)],
  [6, (round) => fail(round, senseless)],
  [6, holdBoth],
  [3, holdAndFail],
  [1, (round) => fail(round, slow)],
  [1, loseConnection],
];

/** `url` is that of the application role; a proxy may stand in front of it. */
export async function checkScoping(site: Site, url: string, chance: Chance, rounds = 1_000): Promise<ScopingReport> {
  const admin = new pg.Client({ connectionString: site.urls.adminUrl });
  await admin.connect();
  const database = openDatabase({ url, max: 1, applicationName: 'loopledger-scoping', statementTimeoutMs: 30 });
  const round: Round = { database, admin, site, findings: [], lastUse: '', reused: 0, failed: 0 };
  const weighted = steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
  for (let done = 0; done < rounds;) {
    const group = Array.from({ length: 1 + chance.integer(4) }, () => chance.pick(weighted));
    done += group.length;
    // At once: they queue for the one connection, as requests do.
    await Promise.all(group.map((step) => step(round)));
  }
  await database.close();
  await admin.end();
  return { findings: round.findings, reused: round.reused, failed: round.failed };
}

async function readAs(round: Round, tenantId: string): Promise<void> {
  const rows = await retrying(() => round.database.read<Row>(tenantId, everything, []));
  const foreign = rows.filter((row) => row.tenant_id !== tenantId).length;
  if (foreign > 0) note(round, 'bleed', `a reader of one tenant saw ${foreign} rows of another`);
  else if (rows.length === 0) note(round, 'blind', 'a reader of a tenant saw nothing');
  use(round, `${rows[0]?.pid} ${tenantId}`);
}

async function readAsNobody(round: Round): Promise<void> {
  const rows = await retrying(() => round.database.platform<Row>(everything, []));
  if (rows.length > 0) note(round, 'bleed', `a reader without a tenant saw ${rows.length} rows`);
  const [left] = await retrying(() => round.database.platform<{ tenant: string | null; pid: number }>(context, []));
  if ((left?.tenant ?? '') !== '') note(round, 'bleed', 'a tenant stayed behind on the connection');
  use(round, `${left?.pid} nobody`);
}

/** A transaction in which both tenants are read in turn. */
async function holdBoth(round: Round): Promise<void> {
  const { a, b } = round.site;
  await retrying(() =>
    round.database.hold(async (session) => {
      for (const tenantId of [a, b, a]) {
        const rows = await session.read<Row>(tenantId, everything, []);
        if (rows.length === 0) note(round, 'blind', 'a transaction of a tenant saw nothing');
        if (rows.some((row) => row.tenant_id !== tenantId)) note(round, 'bleed', 'a transaction saw rows of another');
      }
    }),
  );
}

async function holdAndFail(round: Round): Promise<void> {
  try {
    await round.database.hold(async (session) => {
      await session.read<Row>(round.site.b, everything, []);
      await session.read<Row>(round.site.b, failing, []);
    });
    note(round, 'probe', 'a transaction was meant to fail');
  } catch {
    round.failed += 1;
  }
}

async function fail(round: Round, query: typeof failing): Promise<void> {
  try {
    await round.database.read(round.site.b, query, []);
    note(round, 'probe', `${query.name} was meant to fail`);
  } catch {
    round.failed += 1;
  }
}

async function loseConnection(round: Round): Promise<void> {
  await round.admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loopledger-scoping'`,
  );
  round.failed += 1;
}

/** A connection that was cut on purpose is no fault of the reader. */
async function retrying<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function use(round: Round, mark: string): void {
  const [pid] = mark.split(' ');
  if (round.lastUse.startsWith(`${pid} `) && round.lastUse !== mark) round.reused += 1;
  round.lastUse = mark;
}

function note(round: Round, check: string, detail: string): void {
  if (!round.findings.some((finding) => finding.check === check && finding.detail === detail))
    round.findings.push({ check, object: 'scoping', detail });
}
