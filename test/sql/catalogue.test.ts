import pg from 'pg';
import { type Test, test } from 'tap';
import { checkCatalogue } from '../hardening/catalogue.ts';
import { createTestDatabase } from '../support/database.ts';

async function connect(t: Test, connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

test('the catalogue is as the application role finds it safe', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  t.same(await checkCatalogue(await connect(t, appUrl)), []);
});

test('the catalogue is as the worker role finds it safe', async (t) => {
  const { workerUrl } = await createTestDatabase(t);
  t.same(await checkCatalogue(await connect(t, workerUrl)), []);
});
