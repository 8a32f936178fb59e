import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type Test, test } from 'tap';
import { isAlive } from '../../kernel/process-mark.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import { readRuntimeInfo } from '../../boot/runtime-info.ts';
import { stopOrphan } from '../../boot/orphan.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';
import { isReady, spawnServer, untilAnnounced, waitFor } from '../support/server-process.ts';

const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-start-'));
// Passable for the user that PostgreSQL runs as under root, so that the data stays here.
chmodSync(dataFolder, 0o711);
const port = await findFreePort();
const url = `http://127.0.0.1:${port}`;
const env = { PORT: String(port), LOOPLEDGER_DATA: dataFolder, LOOPLEDGER_LOG_LEVEL: 'warn' };
const pidFile = path.join(dataFolder, 'postgres/data/postmaster.pid');

function postmasterPid(): number {
  return Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: (await readRuntimeInfo(dataFolder)).admin_url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}

test('an embedded server', async (t) => {
  t.teardown(async () => {
    await stopOrphan(path.join(dataFolder, 'postgres/data'), () => undefined);
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  let server = spawnServer(t, env);
  /** With everything still to be made: a start of what is there takes less, on any machine. */
  let firstMs = 0;

  await t.test('a first start answers, and says where', async (tt) => {
    firstMs = await untilAnnounced(server);
    await waitFor('traffic is taken', () => isReady(url));
    tt.match(server.output(), `${url}/api/v1`);
    const info = await readRuntimeInfo(dataFolder);
    tt.match(info, { pid: server.child.pid, api_url: url });
    await query('create table public.kept (id int); insert into public.kept values (7)');
  });

  await t.test('a second start on the same data names the first one and ends', async (tt) => {
    const second = spawnServer(tt, { ...env, PORT: '0' });
    tt.equal(await second.ended, 1);
    tt.match(second.output(), `pid ${server.child.pid}`);
    tt.match(second.output(), url);
    tt.equal(second.output().trim().split('\n').length, 1, 'one sentence and no stack');
    await waitFor('the first one is not disturbed', () => isReady(url));
  });

  await t.test('a PostgreSQL that is killed is started again at the same place', async (tt) => {
    const killed = postmasterPid();
    process.kill(killed, 'SIGKILL');
    const tookMs = await waitFor('another PostgreSQL', () =>
      query('select 1').then(
        () => true,
        () => false,
      ),
    );
    tt.not(postmasterPid(), killed);
    await waitFor('traffic is taken', () => isReady(url));
    tt.ok(tookMs < 15_000 + firstMs, `ready again after ${Math.round(tookMs)} ms`);
    tt.same(await query('select id from public.kept'), [{ id: 7 }]);
  });

  await t.test('a start after kill -9 stops the orphan and finds the data', async (tt) => {
    const orphan = postmasterPid();
    server.child.kill('SIGKILL');
    await server.ended;
    tt.ok(isAlive(orphan), 'PostgreSQL outlives the process, which is the case to be tested');
    await tt.rejects(readRuntimeInfo(dataFolder), { code: 'server_missing' });
    server = spawnServer(t, env);
    await untilAnnounced(server);
    tt.notOk(isAlive(orphan));
    tt.same(await query('select id from public.kept'), [{ id: 7 }]);
  });

  await t.test('a start after everything was killed recovers alone', async (tt) => {
    const postgres = postmasterPid();
    server.child.kill('SIGKILL');
    process.kill(postgres, 'SIGKILL');
    await server.ended;
    server = spawnServer(t, env);
    const tookMs = await untilAnnounced(server);
    tt.ok(tookMs < 15_000 + firstMs, `ready after ${Math.round(tookMs)} ms`);
    tt.same(await query('select id from public.kept'), [{ id: 7 }]);
  });

  await t.test('a stop leaves no process, no lock and no runtime info', async (tt) => {
    const postgres = postmasterPid();
    server.child.kill('SIGTERM');
    tt.equal(await server.ended, 0);
    tt.notOk(isAlive(postgres));
    tt.notOk(existsSync(pidFile));
    tt.notOk(existsSync(path.join(dataFolder, 'server.lock')));
    tt.notOk(existsSync(path.join(dataFolder, 'runtime.json')));
  });

  await t.test('a port that is taken ends the start with a sentence and leaves nothing running', async (tt) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const other = typeof address === 'object' && address !== null ? address.port : 0;
    const blocked = spawnServer(tt, { ...env, PORT: String(other) });
    tt.equal(await blocked.ended, 1);
    tt.match(blocked.output(), `Port ${other} is taken`);
    tt.notOk(existsSync(pidFile));
    taken.close();
  });
});

test('a data folder that the user of PostgreSQL cannot reach is kept, with the data elsewhere', async (t) => {
  const folder = path.join(t.testdir(), 'private');
  mkdirSync(folder, { mode: 0o700 });
  const first = await homeOfStart(t, folder);
  // Whoever removes the folder begins anew, whatever is left of the data elsewhere.
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { mode: 0o700 });
  const second = await homeOfStart(t, folder);
  for (const home of new Set([first, second])) rmSync(home, { recursive: true });
});

async function homeOfStart(t: Test, folder: string): Promise<string> {
  const server = spawnServer(t, { ...env, LOOPLEDGER_DATA: folder });
  await untilAnnounced(server);
  const homeFile = path.join(folder, 'postgres-home.json');
  // Only root has to run PostgreSQL as someone else.
  t.equal(existsSync(homeFile), process.getuid?.() === 0);
  const home = existsSync(homeFile) ? (JSON.parse(readFileSync(homeFile, 'utf8')) as string) : folder;
  if (home !== folder) t.match(server.output(), `the database is kept in ${home}`);
  t.ok(existsSync(path.join(home, 'postgres/data/PG_VERSION')));
  server.child.kill('SIGTERM');
  t.equal(await server.ended, 0);
  return home;
}

test('a start says in a sentence that its data folder cannot be used, and that words are not its settings', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-start-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  for (const place of [file, path.join(file, 'below')]) {
    const server = spawnServer(t, { ...env, LOOPLEDGER_DATA: place });
    t.equal(await server.ended, 1);
    t.match(server.output(), /^The data cannot be kept in .*LOOPLEDGER_DATA.*\n$/, 'one sentence and no stack');
  }
  const told = spawnServer(t, { ...env, LOOPLEDGER_DATA: folder }, ['--port=1']);
  t.equal(await told.ended, 1);
  t.match(told.output(), /"--port=1" is not understood[^]*PORT=4001 npm start/);
});

test('a server with a database of its own', async (t) => {
  const database = await createTestDatabase(t);
  const otherPort = await findFreePort();
  const external = {
    PORT: String(otherPort),
    DATABASE_URL: database.appUrl,
    DATABASE_WORKER_URL: database.workerUrl,
    LOOPLEDGER_MASTER_KEY: randomBytes(32).toString('base64'),
  };

  await t.test('each role answers whether it is ready, and stops when told', async (tt) => {
    for (const role of ['api', 'worker', 'all']) {
      const server = spawnServer(tt, {
        ...external,
        LOOPLEDGER_ROLE: role,
        LOOPLEDGER_DATA: path.join(t.testdir(), role),
      });
      await waitFor(`${role}: ${server.output()}`, () => isReady(`http://127.0.0.1:${otherPort}`));
      server.child.kill('SIGINT');
      tt.equal(await server.ended, 0, role);
    }
  });

  await t.test('a process with another master key is refused', async (tt) => {
    const LOOPLEDGER_MASTER_KEY = randomBytes(32).toString('base64');
    const server = spawnServer(tt, { ...external, LOOPLEDGER_MASTER_KEY, LOOPLEDGER_DATA: tt.testdir() });
    tt.equal(await server.ended, 1);
    tt.match(server.output(), 'another master key');
  });

  await t.test('a superuser is refused', async (tt) => {
    const server = spawnServer(tt, { ...external, DATABASE_URL: database.adminUrl, LOOPLEDGER_DATA: tt.testdir() });
    tt.equal(await server.ended, 1);
    tt.match(server.output(), 'is a superuser');
  });

  await t.test('a database that was never migrated is refused with what to do', async (tt) => {
    const empty = await createEmptyDatabase(tt);
    const server = spawnServer(tt, { ...external, DATABASE_URL: empty.appUrl, LOOPLEDGER_DATA: tt.testdir() });
    tt.equal(await server.ended, 1);
    tt.match(server.output(), 'npm run migrate');
  });

  await t.test('nonsense in the environment is refused before anything is opened', async (tt) => {
    const server = spawnServer(tt, { ...external, LOOPLEDGER_POOL: 'many' });
    tt.equal(await server.ended, 1);
    tt.match(server.output(), /^LOOPLEDGER_POOL is "many"/);
  });
});
