// An nginx of our own, with the settings that docs/operations.md shows, in front of some processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findFreePort } from '../../boot/postgres-server.ts';
import { readSnippets } from './client-package.ts';
import type { Teardown } from './database.ts';
import { findProgram, skipWithout, untilListening } from './system-program.ts';

export const skipWithoutBalancer = skipWithout('nginx');

/** Tells in `x-upstream` who answered. */
export async function startBalancer(t: Teardown, urls: readonly string[]): Promise<string> {
  const [snippet] = (await readSnippets('docs/operations.md')).filter(({ language }) => language === 'nginx');
  if (snippet === undefined) throw new Error('the document shows no settings');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'loopledger-balancer-'));
  const port = await findFreePort();
  const servers = urls.map((url) => `server ${new URL(url).host};`).join(' ');
  const settings = snippet.text
    .replace(/server 127\.0\.0\.1:4001;\s+server 127\.0\.0\.1:4002;/, servers)
    .replace('listen 127.0.0.1:4000;', `listen 127.0.0.1:${port};`);
  await writeFile(path.join(folder, 'nginx.conf'), frame(folder, settings));
  const child = spawn(
    findProgram('nginx') ?? 'nginx',
    ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'error.log'],
    {
      stdio: 'ignore',
    },
  );
  t.teardown(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  await untilListening(port, 'nginx');
  return `http://127.0.0.1:${port}`;
}

function frame(folder: string, settings: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    `pid ${folder}/pid;`,
    'events {}',
    'http {',
    'access_log off;',
    ...temporary,
    'add_header x-upstream $upstream_addr always;',
    settings,
    '}',
    '',
  ].join('\n');
}
