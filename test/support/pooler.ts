// A PgBouncer of our own in transaction mode, in front of one test database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { findIdentity } from '../../boot/postgres-binaries.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import type { Teardown } from './database.ts';
import { patienceMs } from './pace.ts';

/** It is a system program, which a normal user's path does not lead to. */
const program = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => path.join(folder, 'pgbouncer'))
  .find((file) => existsSync(file));

/** Why tests with a pooler cannot run here; never on a build machine, which has to have one. */
export const skipWithoutPooler: string | false =
  program === undefined && process.env['CI'] !== 'true' ? 'pgbouncer is not installed' : false;

export interface Pooler {
  /** The same URL, by way of the pooler. */
  through(url: string): string;
}

/** Fewer connections to the server than clients, so that every client meets connections that others have used. */
export async function startPooler(t: Teardown, url: string, serverConnections: number): Promise<Pooler> {
  const target = new URL(url);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-pooler-'));
  const port = await findFreePort();
  writeFileSync(path.join(folder, 'users.txt'), `"${target.username}" "${decodeURIComponent(target.password)}"\n`);
  writeFileSync(path.join(folder, 'pgbouncer.ini'), settingsOf(target, folder, { port, serverConnections }));
  const identity = findIdentity();
  if (identity !== null)
    for (const file of ['', 'users.txt', 'pgbouncer.ini'])
      chownSync(path.join(folder, file), identity.uid, identity.gid);
  chmodSync(folder, 0o700);
  const child = spawn(program ?? 'pgbouncer', ['-q', path.join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(identity === null ? {} : { uid: identity.uid, gid: identity.gid }),
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  await listening(port);
  return {
    through(original) {
      const next = new URL(original);
      next.port = String(port);
      return next.href;
    },
  };
}

function settingsOf(target: URL, folder: string, options: { port: number; serverConnections: number }): string {
  return [
    '[databases]',
    `* = host=${target.hostname} port=${target.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${options.port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${path.join(folder, 'users.txt')}`,
    'pool_mode = transaction',
    `default_pool_size = ${options.serverConnections}`,
    'max_client_conn = 200',
    '',
  ].join('\n');
}

async function listening(port: number): Promise<void> {
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs;) {
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      socket.destroy();
    }
  }
  throw new Error('the pooler does not listen');
}
