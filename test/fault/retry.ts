// Sends again, under its key, every command whose outcome nobody was told: the answer tells whether it had happened.
import type { Database } from '../../sql/database.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { statement } from '../../sql/statement.ts';
import { type Claim, gatherClaims } from './claims.ts';
import { Verdict } from './finding.ts';
import { type HistoryFile, type Sent } from './history.ts';
import { actorOf, requestOf } from './workload.ts';
import { doneRecord } from './writer.ts';
import { Refusal } from '../../kernel/refusal.ts';

export interface Retried {
  /** Had been committed before the retry. */
  done: number;
  /** Had not, and is now, or was refused. */
  open: number;
}

const keptStatement = statement(
  'retry_kept',
  'select 1 as kept from ledger.requests r where r.tenant_id = $1 and r.scope = $2 and r.command_id = $3',
);

export async function retryUnknown(
  folder: string,
  history: HistoryFile,
  ledger: Ledger,
  database: Database,
): Promise<Retried> {
  const { byTenant } = await gatherClaims(folder, new Verdict(), true);
  const retried: Retried = { done: 0, open: 0 };
  const unknown = [...byTenant.values()].flatMap((claims) => [...claims.values()].filter(isUnknown));
  await Promise.all(unknown.map(({ sent }) => retry(sent, { history, ledger, database, retried })));
  return retried;
}

function isUnknown({ sent, done, refused }: Claim): boolean {
  return done === null && !refused && sent.supplied;
}

interface Means {
  readonly history: HistoryFile;
  readonly ledger: Ledger;
  readonly database: Database;
  readonly retried: Retried;
}

async function retry(sent: Sent, { history, ledger, database, retried }: Means): Promise<void> {
  const { id, tenant, scope } = sent;
  const kept = (await database.read(tenant, keptStatement, [tenant, scope, id])).length > 0;
  try {
    const result = await ledger.execute(requestOf(sent, actorOf(scope)));
    history.add(doneRecord(sent, result));
    if (result.replayed) retried.done += 1;
    else retried.open += 1;
    if (kept && !result.replayed) history.add({ kind: 'broken', tenant, what: `${id} was done again by its repeat` });
  } catch (error) {
    if (!(error instanceof Refusal) || error.status >= 500) throw error;
    retried.open += 1;
    history.add({ kind: 'refused', id, tenant, code: error.code });
  }
}
