// Names that only the inside of the database has: none of them may stand in an answer.
import { administer } from '../support/database.ts';

const sql = `
  select c.conname as name from pg_constraint c join pg_namespace n on n.oid = c.connamespace
   where n.nspname in ('ledger', 'view', 'platform')
  union select i.relname from pg_class i join pg_namespace n on n.oid = i.relnamespace
   where n.nspname in ('ledger', 'view', 'platform') and i.relkind = 'i'
  union select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('ledger', 'view', 'platform')
  union select format('%s.%s', n.nspname, p.proname) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('ledger', 'view', 'platform')`;

export async function innerNames(adminUrl: string): Promise<string[]> {
  let names: string[] = [];
  await administer(adminUrl, async (client) => {
    names = (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  });
  if (!names.every((name) => /^\w*[._][\w.]*$/.test(name)))
    throw new Error('a name is looked for in words that are joined');
  return names;
}
