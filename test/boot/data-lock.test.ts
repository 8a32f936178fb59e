import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { lockData } from '../../boot/data-lock.ts';
import { isRunning, markOf } from '../../kernel/process-mark.ts';
import { findOrphan } from '../../boot/orphan.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-lock-'));
const file = path.join(folder, 'server.lock');
process.once('exit', () => rmSync(folder, { recursive: true }));

test('a lock that a living process holds names its pid and its URL', async (t) => {
  const holder = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  await once(holder, 'spawn');
  writeFileSync(file, JSON.stringify({ ...markOf(holder.pid as number), url: 'http://127.0.0.1:4321' }));
  const refused = lockData(folder, 'http://127.0.0.1:4000');
  await t.rejects(refused, {
    code: 'data_in_use',
    message: new RegExp(`pid ${holder.pid} .*http://127\\.0\\.0\\.1:4321`),
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = await lockData(folder, 'http://127.0.0.1:4000');
  await lock.release();
  t.notOk(existsSync(file));
});

test('a lock whose pid belongs to another process by now is taken over', async (t) => {
  writeFileSync(file, JSON.stringify({ pid: process.ppid, birth: 'an earlier boot 1', url: 'http://127.0.0.1:1' }));
  const lock = await lockData(folder, 'http://127.0.0.1:4000');
  await lock.release();
  t.notOk(existsSync(file));
});

test('a damaged lock is taken over', async (t) => {
  for (const text of ['', '{', 'null', '{"pid":"1"}']) {
    writeFileSync(file, text);
    const lock = await lockData(folder, 'http://127.0.0.1:4000');
    t.ok(existsSync(file));
    await lock.release();
  }
});

test('a process is told from a later one with the same pid', async (t) => {
  const mark = markOf(process.pid);
  t.ok(isRunning(mark));
  t.notOk(isRunning({ ...mark, birth: `${mark.birth}0` }));
  t.notOk(isRunning({ ...mark, pid: 2 ** 22 + 1 }));
});

test('a stranger with the pid of an old PostgreSQL is not taken for it', async (t) => {
  const data = path.join(folder, 'data');
  t.equal(await findOrphan(data), null);
  writeFileSync(path.join(folder, 'postmaster.pid'), `${process.pid}\n${folder}\n`);
  t.equal(await findOrphan(folder), null);
  const ours = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', '--', folder], { stdio: 'ignore' });
  await once(ours, 'spawn');
  writeFileSync(path.join(folder, 'postmaster.pid'), `${ours.pid}\n${folder}\n`);
  t.equal(await findOrphan(folder), ours.pid);
  ours.kill('SIGKILL');
  await once(ours, 'exit');
});
