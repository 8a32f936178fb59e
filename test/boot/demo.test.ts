import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import { markOf } from '../../kernel/process-mark.ts';
import { writeRuntimeInfo } from '../../boot/runtime-info.ts';
import { testPlace } from '../support/person.ts';
import { bareEnvironment } from '../support/server-process.ts';
import { startTestServer } from '../support/server.ts';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

const refusals = [
  '403 step_up_required',
  '409 self_report_blocked',
  '409 self_report_blocked',
  '409 self_review_blocked',
  '403 capability_replayed',
  '409 self_verify_blocked',
  '403 capability_signature',
];

async function runDemo(dataFolder: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['boot/demo.ts'], {
    cwd: root,
    env: { ...bareEnvironment(), LOOPLEDGER_DATA: dataFolder, LOOPLEDGER_ORIGINS: testPlace.origin },
  });
  return stdout;
}

function printed(output: string, name: string): string {
  return new RegExp(`export ${name}=(\\S+)`).exec(output)?.[1] ?? '';
}

test('a demo fills a tenant each time that it runs, and what it prints works', async (t) => {
  const { say, url, urls } = await startTestServer(t);
  const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-demo-'));
  t.teardown(() => rmSync(dataFolder, { recursive: true, force: true }));
  const reach = { api_url: url, app_url: urls.appUrl, admin_url: urls.adminUrl, worker_url: urls.workerUrl };
  await writeRuntimeInfo(dataFolder, { ...markOf(process.pid), ...reach });
  const slugs = new Set<string>();
  for (let time = 1; time <= 2; time += 1) {
    const output = await runDemo(dataFolder);
    const names = { user: 'USER_KEY', orchestrator: 'ORCHESTRATOR_KEY', agent: 'AGENT_KEY' };
    for (const [role, name] of Object.entries(names)) {
      const { body } = await say('GET', '/api/v1/whoami', { key: printed(output, name) });
      t.equal(body['role'], role);
      slugs.add((body['tenant'] as { slug: string }).slug);
    }
    t.same(
      [...output.matchAll(/^ {6}(4\d\d) (\w+): /gm)].map(([, status, code]) => `${status} ${code}`),
      refusals,
    );
    t.equal(output.match(/^ {6}Lesson: \S+/gm)?.length, refusals.length);
    t.match(output, /✓ verify: the story is verified, by the method "attested"/);
    t.match(output, /THE LOG HOLDS\.[^]*of them you brought along/);
    t.match(output, /The software authenticator of the demo .* is not a real key/);
    t.equal(printed(output, 'LOOPLEDGER'), `${url}/api/v1`);
    const key = printed(output, 'AGENT_KEY');
    const reads = [...output.matchAll(/curl -s "?\$LOOPLEDGER(\S+?)"? -H/g)].map((match) => match[1] as string);
    t.equal(reads.length, 5);
    for (const read of reads) t.equal((await say('GET', `/api/v1${read}`, { key })).status, 200, read);
    t.ok((await say('GET', '/api/v1/stories/ready', { key })).body.data.length > 0);
    t.ok((await say('GET', '/api/v1/stories/blocked', { key })).body.data.length > 0);
    const writes = [...output.matchAll(/curl -si \$LOOPLEDGER(\S+) -H "Authorization: Bearer \$(\w+)"/g)];
    const outcomes: number[] = [];
    for (const [, at = '', name = ''] of writes) {
      outcomes.push((await say('POST', `/api/v1${at}`, { key: printed(output, name), body: { title: 'T' } })).status);
    }
    t.same(outcomes, [201, 403]);
  }
  t.equal(slugs.size, 2);
});

test('a demo without a server says what to do, in one sentence', async (t) => {
  const nowhere = path.join(os.tmpdir(), 'loopledger-demo-nowhere');
  const { code, stderr } = await runDemo(nowhere).then(
    () => ({ code: 0, stderr: '' }),
    (error: unknown) => error as { code: number; stderr: string },
  );
  t.equal(code, 1);
  t.match(stderr.trim(), /^No server runs on .*npm start$/);
});
