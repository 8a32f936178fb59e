// Servers of the system that specs put between ours.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { patienceMs } from './pace.ts';

/** A normal user's path does not lead to it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** Why specs that need it cannot run here; never on a build machine, which has to have it. */
export function skipWithout(name: string): string | false {
  return findProgram(name) === undefined && process.env['CI'] !== 'true' ? `${name} is not installed` : false;
}

/** It does not say when it is ready. */
export async function untilListening(port: number, name: string): Promise<void> {
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs;) {
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`${name} does not listen`);
}
