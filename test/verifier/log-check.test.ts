import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Test, test } from 'tap';
import { hear, readKeys, see } from '../support/log-reader.ts';
import { openLedgerOn } from '../support/ledger.ts';
import { growLog, letTimePass, tamper } from '../support/sealing.ts';
import { bareEnvironment } from '../support/server-process.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const program = path.resolve(import.meta.dirname, '../../verifier/main.ts');

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Verdict {
  readonly outcome: string;
  readonly faults: readonly string[];
  readonly entries: number;
  readonly not_proven: readonly string[];
}

class Desk {
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-verify-'));

  constructor(t: Test) {
    t.teardown(() => rmSync(this.folder, { recursive: true }));
  }

  put(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** As anybody would run it, without a server or a database in its environment. */
  verify(...args: readonly string[]): Promise<Said> {
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { env: bareEnvironment() }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
      });
    });
  }

  async judge(...args: readonly string[]): Promise<Verdict & { readonly code: number }> {
    const { code, out } = await this.verify('--json', ...args);
    return { ...(JSON.parse(out) as Verdict), code };
  }
}

interface Scene {
  readonly server: TestServer;
  readonly desk: Desk;
  readonly tenantId: string;
  readonly agentKey: string;
  readonly keys: readonly string[];
  /** A checkpoint from the day before, as a file. */
  readonly held: string;
  readonly heldSize: number;
}

async function setScene(t: Test): Promise<Scene> {
  const server = await startTestServer(t);
  const { tenantId, agentKey } = await server.found();
  await growLog(server.ledger, tenantId, 290);
  const seen = await see(t, server, agentKey, 290);
  const desk = new Desk(t);
  const { texts } = await readKeys(server, agentKey);
  await growLog(server.ledger, tenantId, 20);
  await letTimePass(server.urls);
  const keys = texts.flatMap((key) => ['--key', key]);
  return { server, desk, tenantId, agentKey, keys, held: desk.put('held', seen.note), heldSize: seen.size };
}

async function exportLog({ server, desk, agentKey }: Scene, name = 'export.ndjson'): Promise<string> {
  const { status, text } = await hear(server, agentKey, '/api/v1/log/export');
  if (status !== 200) throw new Error(text);
  return desk.put(name, text);
}

test('an honest log holds, and the report says what was proven and what was not', async (t) => {
  const scene = await setScene(t);
  const { desk, keys, held, heldSize, server, agentKey } = scene;
  const file = await exportLog(scene);
  t.match(await desk.judge(file, held, ...keys), {
    code: 0,
    outcome: 'proven',
    faults: [],
    entries: heldSize + 20,
    signed_entries: heldSize + 20,
    checkpoints: 2,
    held_checkpoints: 1,
  });
  const said = await desk.verify(file, held, ...keys);
  t.match(said, { code: 0, out: /^THE LOG HOLDS\.\nProven:\n/ });
  t.match(said.out, 'without a gap');
  t.match(said.out, 'That what the entries say is true');
  t.match(await desk.judge(file, held), { code: 0, outcome: 'proven', keys_pinned: false });
  t.match(await desk.judge(file, ...keys), { code: 0, outcome: 'proven', held_checkpoints: 0 });
  const headers = { authorization: `Bearer ${agentKey}` };
  const head = await fetch(`${server.url}/api/v1/log/export`, { method: 'HEAD', headers });
  t.match([head.status, await head.text()], [200, '']);
  const bare = await desk.verify(file);
  t.match(bare, { code: 3, out: /NOTHING VOUCHES/ });
  t.match(bare.out, '--key');

  const position = heldSize;
  const proof = desk.put('proof', (await hear(server, agentKey, `/api/v1/log/entries/${position}/proof`)).text);
  const lines = (await hear(server, agentKey, '/api/v1/log/export')).text
    .split('\n')
    .filter((line) => line.includes('"kind":"entry"'));
  const entries = lines.map((line) => (JSON.parse(line) as { entry: string }).entry);
  const own = desk.put('own', entries[position - 1] as string);
  t.match(await desk.verify('--proof', proof, '--entry', own, ...keys), { code: 0, out: `position ${position}` });
  const other = desk.put('other', entries[0] as string);
  t.match(await desk.verify('--proof', proof, '--entry', other, ...keys), { code: 1, out: /DOES NOT HOLD/ });
});

test('a key that was copied badly is told apart from a log that does not hold, and help is no failure', async (t) => {
  const desk = new Desk(t);
  const file = desk.put('export', '');
  for (const key of ['foo', 'name+00000000+AAAA', '']) {
    const { code, err } = await desk.verify(file, '--key', key);
    t.equal(code, 2, key);
    t.match(err, `--key ${key} is not a key`);
  }
  t.match(await desk.verify('--help'), { code: 0, out: /^loopledger-verify EXPORT/ });
});

/** With the password of the database and the key of the log: everything that hangs on an entry is made anew. */
const rechain = `with recursive anew as (
    select e.tenant_id, e.position, sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8')) as leaf,
           sha256(decode(repeat('00', 32), 'hex') || sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8'))) as chain
      from ledger.events e where e.position = 1
    union all
    select e.tenant_id, e.position, n.leaf, sha256(a.chain || n.leaf)
      from anew a join ledger.events e on e.tenant_id = a.tenant_id and e.position = a.position + 1
      cross join lateral (select sha256('\\x00'::bytea || convert_to(e.entry, 'UTF8')) as leaf) n
  )
  update ledger.events e set leaf_hash = a.leaf, chain_hash = a.chain from anew a
   where e.tenant_id = a.tenant_id and e.position = a.position`;
const forget = ['delete from ledger.checkpoints', 'delete from ledger.tiles'];
const headOfEvents = `update ledger.heads h set (position, chain_hash) = (
    select e.position, e.chain_hash from ledger.events e where e.tenant_id = h.tenant_id order by e.position desc limit 1)`;

interface Attack {
  readonly name: string;
  /** `$N` is the size of the checkpoint that somebody kept. */
  readonly sql: readonly string[];
  readonly fault: RegExp;
  /** Events after it. */
  readonly grow: number;
}

const attacks: readonly Attack[] = [
  {
    name: 'one entry is edited, and everything after it made anew and signed again',
    sql: [
      `update ledger.events set entry = replace(entry, '"name":"Gr', '"name":"GR') where position = 100`,
      rechain,
      ...forget,
      headOfEvents,
    ],
    fault: /first \d+ entries are not those that a checkpoint \(.*held\) was signed for/,
    grow: 2,
  },
  {
    name: 'the end is cut off, grown again with other entries, and signed again',
    sql: ['delete from ledger.events where position > 200', headOfEvents, ...forget],
    fault: /first \d+ entries are not those that a checkpoint \(.*held\) was signed for/,
    grow: 150,
  },
  {
    name: 'an old backup is restored',
    sql: ['delete from ledger.events where position > 200', headOfEvents, ...forget],
    fault: /\(.*held\) promises \d+ entries, and the export has 20\d/,
    grow: 2,
  },
];

for (const { name, sql, fault, grow } of attacks) {
  test(`one older checkpoint is enough to tell that ${name}`, async (t) => {
    const scene = await setScene(t);
    const { server, tenantId, desk, held, keys } = scene;
    await tamper(server.urls, ...sql);
    // By another process: this one remembers what was.
    await growLog(openLedgerOn(t, server.urls.appUrl).ledger, tenantId, grow);
    const file = await exportLog(scene);
    t.match(await desk.judge(file, ...keys), { code: 0, outcome: 'proven' }, 'the new history is without a fault');
    const verdict = await desk.judge(file, held, ...keys);
    t.match(verdict, { code: 1, outcome: 'wrong' });
    t.match(verdict.faults.join('\n'), fault);
  });
}
