// Ceremonies under way: begun with a time to live, taken exactly once. What they hold is opaque here.
import type { Database } from './database.ts';
import { statement } from './statement.ts';

const openStatement = statement('open_ceremony', 'select platform.open_ceremony($1, $2, $3) as expires_at');
const takeStatement = statement('take_ceremony', 'select platform.take_ceremony($1) as sealed');
const purgeStatement = statement('purge_ceremonies', 'select platform.purge_ceremonies() as gone');

/** Answers when it is over, by the database's clock. */
export async function openCeremony(database: Database, id: string, sealed: string, seconds: number): Promise<string> {
  const [row] = await database.platform<{ expires_at: string }>(openStatement, [id, sealed, seconds]);
  if (row === undefined) throw new Error('the ceremony was not opened');
  return row.expires_at;
}

/** Null when there is none, when its time is over, and for everybody but the first who asks. */
export async function takeCeremony(database: Database, id: string): Promise<string | null> {
  const [row] = await database.platform<{ sealed: string | null }>(takeStatement, [id]);
  return row?.sealed ?? null;
}

export async function purgeCeremonies(database: Database): Promise<number> {
  const [row] = await database.platform<{ gone: number }>(purgeStatement, []);
  return row?.gone ?? 0;
}
