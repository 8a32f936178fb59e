import pg from 'pg';
import { test } from 'tap';
import { createTestDatabase } from '../support/database.ts';

test('a cloned database is migrated and answers the application role', async (t) => {
  const database = await createTestDatabase(t);
  const client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  t.teardown(() => client.end());
  const { rows } = await client.query<{ count: number }>('select count(*)::int as count from platform.migrations');
  t.ok((rows[0]?.count ?? 0) > 0);
});
