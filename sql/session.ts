// One connection with a memory: transactions, temporary tables and the rights of the owner. For tools, never for requests.
import pg from 'pg';
import { ownerRole } from './migration-role.ts';

export interface Session {
  query<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs as whoever connected, who may make temporary objects; everything else runs as the owner of the tables. */
  asAdmin<Result>(work: () => Promise<Result>): Promise<Result>;
  transaction<Result>(
    begin: 'begin' | 'begin isolation level repeatable read',
    work: () => Promise<Result>,
  ): Promise<Result>;
  /** Puts the session under the row policies of one tenant. */
  enter(tenantId: string): Promise<void>;
  close(): Promise<void>;
}

export async function openSession(adminUrl: string, applicationName: string): Promise<Session> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: applicationName, keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`set timezone = 'UTC'`);
  await client.query(`set role ${ownerRole}`);

  async function query<Row extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const { rows } = await client.query<Row>(text, values === undefined ? undefined : [...values]);
    return rows;
  }

  return {
    query,
    async asAdmin(work) {
      await client.query('reset role');
      try {
        return await work();
      } finally {
        await client.query(`set role ${ownerRole}`);
      }
    },
    async transaction(begin, work) {
      await client.query(begin);
      try {
        const result = await work();
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
    },
    async enter(tenantId) {
      await client.query(`select set_config('app.tenant_id', $1, false)`, [tenantId]);
    },
    close: () => client.end(),
  };
}
