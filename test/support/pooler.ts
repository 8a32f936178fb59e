// A PgBouncer of our own in transaction mode, in front of one test database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findIdentity } from '../../boot/postgres-binaries.ts';
import { findFreePort } from '../../boot/postgres-server.ts';
import type { Teardown } from './database.ts';
import { findProgram, skipWithout, untilListening } from './system-program.ts';

export const skipWithoutPooler = skipWithout('pgbouncer');

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
  const child = spawn(findProgram('pgbouncer') ?? 'pgbouncer', ['-q', path.join(folder, 'pgbouncer.ini')], {
    stdio: 'ignore',
    ...(identity === null ? {} : { uid: identity.uid, gid: identity.gid }),
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  await untilListening(port, 'pgbouncer');
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
