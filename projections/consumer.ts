// Consumers: how far named followers have come. Not folded from the log, but kept beside it.
import type { Database } from '../sql/database.ts';
import { readMovedPositions } from '../sql/feed-position.ts';
import type { Row } from '../sql/scoped-query.ts';
import { statement } from '../sql/statement.ts';
import { headPosition, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

export interface Consumer extends Row {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly head: number;
  readonly created_at: string;
  readonly updated_at: string;
}

const columns = `c.consumer_id as id, c.name, c.version, c.position, ${headPosition} as head, c.created_at, c.updated_at`;
const byName = statement(
  'find_consumer',
  `select ${columns} from ledger.consumers c where c.tenant_id = $1 and c.name = $2`,
);

export async function findConsumer(database: Database, tenantId: string, name: string): Promise<Consumer | null> {
  const [row] = await database.read<Consumer>(tenantId, byName, [tenantId, name]);
  return row ?? null;
}

const inOrderOfName = listQuery({
  name: 'list_consumers',
  columns: `c.consumer_id as id, c.name, c.version, c.position as reached, ${headPosition} as head, c.created_at, c.updated_at`,
  source: 'from ledger.consumers c where c.tenant_id = $1',
  after: 'c.name > $3',
  order: ['name'],
});

export function listConsumers(
  database: Database,
  tenantId: string,
  page: PageRequest,
  show: (consumer: Consumer) => string,
): Promise<Listed> {
  return readPage<Consumer & { readonly reached: number }>(database, inOrderOfName, {
    tenantId,
    page,
    values: [page.after?.[0] ?? ''],
    show: (row) => show({ ...row, position: row.reached }),
  });
}

export interface ConsumerChange {
  /** Of a consumer that is not there yet. */
  readonly id?: string;
  readonly key: string | null;
  readonly any: boolean;
  readonly version: number | null;
  readonly most?: number;
}

export interface ConsumerOutcome extends Row {
  readonly outcome: 'done' | 'stale' | 'full' | 'foreign' | 'missing';
  readonly version: number;
}

const putStatement = statement('put_consumer', 'select outcome, version from ledger.put_consumer($1, $2, $3, $4)');
const dropStatement = statement('drop_consumer', 'select outcome, version from ledger.drop_consumer($1, $2, $3)');

export interface ConsumerPlace {
  readonly tenantId: string;
  readonly name: string;
}

export async function putConsumer(
  database: Database,
  { tenantId, name }: ConsumerPlace,
  position: number,
  change: ConsumerChange,
): Promise<ConsumerOutcome> {
  const values = [tenantId, name, position, JSON.stringify(change)];
  const [row] = await database.platform<ConsumerOutcome>(putStatement, values);
  return answered(row);
}

export async function dropConsumer(
  database: Database,
  { tenantId, name }: ConsumerPlace,
  change: ConsumerChange,
): Promise<ConsumerOutcome> {
  const [row] = await database.platform<ConsumerOutcome>(dropStatement, [tenantId, name, JSON.stringify(change)]);
  return answered(row);
}

function answered(row: ConsumerOutcome | undefined): ConsumerOutcome {
  if (row === undefined) throw new Error('the consumer answered nothing');
  return row;
}

export interface ConsumerLag extends Row {
  readonly consumer_id: string;
  readonly lag: number;
}

const lagsStatement = statement('consumer_lags', 'select consumer_id, lag from ledger.consumer_lags($1)');
const tenantsAtOnce = 1_000;

/** Of all tenants. */
export async function readConsumerLags(database: Database): Promise<ConsumerLag[]> {
  const tenants = (await readMovedPositions(database, null)).map(({ tenant_id }) => tenant_id);
  const lags: ConsumerLag[] = [];
  for (let start = 0; start < tenants.length; start += tenantsAtOnce) {
    lags.push(...(await database.platform<ConsumerLag>(lagsStatement, [tenants.slice(start, start + tenantsAtOnce)])));
  }
  return lags;
}
