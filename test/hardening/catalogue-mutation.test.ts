// The catalogue checks themselves: each has to notice what it is there for.
import pg from 'pg';
import { type Test, test } from 'tap';
import { codeOf } from '../../sql/database.ts';
import { createTestDatabase } from '../support/database.ts';
import { catalogueChecks, checkCatalogue } from './catalogue.ts';
import { catalogueMutations, type Mutation } from './catalogue-mutations.ts';
import type { Finding } from './finding.ts';

async function connect(t: Test): Promise<pg.Client> {
  const { adminUrl } = await createTestDatabase(t);
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

async function findingsOf(client: pg.Client, { sql }: Mutation): Promise<Finding[]> {
  await client.query('begin');
  try {
    await client.query(sql);
    return await checkCatalogue(client);
  } finally {
    await client.query('rollback');
  }
}

/** Roles belong to the whole cluster, and another test may be migrating a database at this moment. */
async function findingsWhenFree(client: pg.Client, mutation: Mutation): Promise<Finding[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await findingsOf(client, mutation);
    } catch (error) {
      if (codeOf(error) !== 'XX000' || attempt === 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
    }
  }
}

test('every way to break the isolation of a database is noticed by its check', async (t) => {
  const client = await connect(t);
  for (const mutation of catalogueMutations) {
    const noticed = (await findingsWhenFree(client, mutation)).map(({ check }) => check);
    t.ok(noticed.includes(mutation.check), `${mutation.name} (${mutation.check}; noticed by ${noticed.join(', ')})`);
  }
  t.same(await checkCatalogue(client), [], 'nothing is left of the mutations');
});

test('every catalogue check has a mutation that it notices', (t) => {
  const tried = new Set(catalogueMutations.map(({ check }) => check));
  t.same(
    catalogueChecks.map(({ name }) => name).filter((name) => !tried.has(name)),
    [],
  );
  t.end();
});
