import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type Test, test } from 'tap';
import { openTestLedger } from '../support/ledger.ts';
import { checkHistory, checkWith } from './checker.ts';
import { makeFields } from './field.ts';
import { type HistoryRecord, openHistory, readHistories } from './history.ts';
import { seededRandom } from './random.ts';
import { CursorReader } from './reader.ts';
import { type Tally, Writer } from './writer.ts';

interface Scene {
  readonly urls: { readonly url: string; readonly adminUrl: string };
  readonly client: pg.Client;
  readonly folder: string;
  readonly tenant: string;
  readonly history: readonly HistoryRecord[];
}

/** A tenant that two writers have filled and a reader has read, and its superuser. */
async function makeScene(t: Test): Promise<Scene> {
  const { ledger, database, urls } = await openTestLedger(t);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const history = openHistory(folder, 'one');
  const fields = await makeFields(ledger, history, 1);
  const tally: Tally = { events: 0, refused: 0, unknown: 0, repeated: 0, slowestMs: 0 };
  const stopped = (): boolean => tally.events > 150;
  const writers = [1, 2].map((seed) => {
    const random = seededRandom(seed);
    return new Writer({ ledger, history, random, fields, pauseMs: 0, many: 0.005, stopped, tally });
  });
  await Promise.all(writers.map((writer) => writer.run()));
  await ledger.drain();
  const tenant = fields[0]?.tenant ?? '';
  const random = seededRandom(3);
  const onRead = (): void => undefined;
  await new CursorReader({
    name: 'r',
    database,
    history,
    random,
    tenants: [tenant],
    stopped: () => true,
    onRead,
  }).run();
  history.close();
  const client = new pg.Client({ connectionString: urls.adminUrl });
  await client.connect();
  t.teardown(() => client.end());
  const { appUrl: url, adminUrl } = urls;
  return { urls: { url, adminUrl }, client, folder, tenant, history: await Array.fromAsync(readHistories(folder)) };
}

/** Does what nobody may do, lets the checker look at it, and takes it back. */
async function findingsAfter({ client, folder, tenant }: Scene, damage: string): Promise<string[]> {
  await client.query('begin');
  try {
    await client.query('set local session_replication_role = replica');
    await client.query(damage.replaceAll(':tenant', `'${tenant}'`));
    return (await checkWith(client, folder)).findings;
  } finally {
    await client.query('rollback');
  }
}

/** A forger who recomputes every hash, so that the chain alone tells nothing. */
const rechain = `
  do $$
  declare
    v_chain bytea := decode(repeat('00', 32), 'hex');
    v_row record;
  begin
    for v_row in select position, entry from ledger.events where tenant_id = :tenant order by position loop
      v_chain := sha256(v_chain || sha256('\\x00'::bytea || convert_to(v_row.entry, 'UTF8')));
      update ledger.events set chain_hash = v_chain, leaf_hash = sha256('\\x00'::bytea || convert_to(v_row.entry, 'UTF8'))
       where tenant_id = :tenant and position = v_row.position;
    end loop;
    update ledger.heads set chain_hash = v_chain where tenant_id = :tenant;
  end $$;`;

const last = '(select max(position) from ledger.events where tenant_id = :tenant)';
const someStory = `(select position from ledger.events where tenant_id = :tenant and type = 'story.created' and position > 20 limit 1)`;
const forgeTitle = `update ledger.events set entry = replace(entry, '"title":"Story', '"title":"Stori') where tenant_id = :tenant and position = ${someStory};`;

const damages: readonly (readonly [string, string, string])[] = [
  ['a changed entry', forgeTitle, 'leaf hash'],
  [
    'a changed entry and its leaf',
    `${forgeTitle} update ledger.events set leaf_hash = sha256('\\x00'::bytea || convert_to(entry, 'UTF8')) where tenant_id = :tenant`,
    'chain hash',
  ],
  ['a changed entry in a recomputed chain', `${forgeTitle} ${rechain}`, 'same body'],
  ['a lost entry', `delete from ledger.events where tenant_id = :tenant and position = 30`, 'positions'],
  ['a lost last entry', `delete from ledger.events where tenant_id = :tenant and position = ${last}`, 'head'],
  [
    'a lost last entry with a head to match',
    `delete from ledger.events where tenant_id = :tenant and position = ${last}; update ledger.heads set position = position - 1 where tenant_id = :tenant; ${rechain} update ledger.heads h set recorded_at = (select max(recorded_at) from ledger.events e where e.tenant_id = h.tenant_id) where tenant_id = :tenant`,
    'nothing lost',
  ],
  [
    'an entry that stands twice',
    `insert into ledger.events select tenant_id, ${last} + 1, gen_random_uuid(), stream_type, gen_random_uuid(), version, type, schema, project_id, recorded_at, entry, leaf_hash, chain_hash from ledger.events where tenant_id = :tenant and position = ${someStory}`,
    'once',
  ],
  [
    'two entries that changed places',
    `update ledger.events set position = position + 9000 where tenant_id = :tenant and position in (40, 41); update ledger.events set position = 9081 - position where tenant_id = :tenant and position > 9000`,
    'chain hash',
  ],
  [
    'a version that was left out',
    `update ledger.events set entry = replace(entry, '"version":1}', '"version":2}') where tenant_id = :tenant and position = ${someStory}`,
    'versions',
  ],
  [
    'a column that differs from its bytes',
    `update ledger.events set type = 'story.restored' where tenant_id = :tenant and position = 30`,
    'columns',
  ],
  [
    'a time that runs backwards',
    `update ledger.events set recorded_at = recorded_at - interval '1 hour' where tenant_id = :tenant and position = 30`,
    'times',
  ],
  [
    'an entry in other words of the same meaning',
    `update ledger.events set entry = entry || ' ' where tenant_id = :tenant and position = 30`,
    'canonical bytes',
  ],
  [
    'an entry of another tenant',
    `update ledger.events set entry = replace(entry, :tenant, gen_random_uuid()::text) where tenant_id = :tenant and position = 30`,
    'tenant',
  ],
  [
    'an entry that nobody sent',
    `update ledger.events set entry = regexp_replace(entry, '"command_id":"[^"]*"', '"command_id":"ghost"') where tenant_id = :tenant and position = 30`,
    'origin',
  ],
  ['a head that runs ahead', `update ledger.heads set position = position + 1 where tenant_id = :tenant`, 'head'],
  [
    'an answer that was changed',
    `update ledger.requests set body = replace(body, '"version":', '"version": ') where tenant_id = :tenant`,
    'answers',
  ],
  ['an answer that was forgotten', `delete from ledger.requests where tenant_id = :tenant and position = 3`, 'answers'],
];

test('a history as it happened is sound, and all of it is checked', async (t) => {
  const scene = await makeScene(t);
  const verdict = await checkWith(scene.client, scene.folder);
  t.same(verdict.findings, []);
  const { counts } = verdict;
  const count = (kind: HistoryRecord['kind']): number => scene.history.filter((record) => record.kind === kind).length;
  t.equal(
    counts.acknowledged + counts.refused + counts.unknown,
    new Set(scene.history.flatMap((record) => (record.kind === 'sent' ? [record.id] : []))).size,
  );
  t.equal(counts.pages, count('page'));
  t.equal(counts.readEvents, counts.events);
  for (const [name, number] of Object.entries({ ...counts, replayedEvents: 1 }))
    t.ok(number > 0, `${name} were checked`);
});

test('every kind of damage to the database is found', async (t) => {
  const scene = await makeScene(t);
  for (const [name, damage, rule] of damages) {
    const findings = await findingsAfter(scene, damage);
    t.ok(
      findings.some((finding) => finding.startsWith(`${rule} · `)),
      `${name}: ${findings[0] ?? 'nothing found'}`,
    );
  }
  t.same((await checkWith(scene.client, scene.folder)).findings, []);
});

test('views that tell otherwise than their log are found by a replay', async (t) => {
  const { urls, client, folder, tenant } = await makeScene(t);
  t.same((await checkHistory({ ...urls, folder })).findings, []);
  const { rows } = await client.query<{ id: string }>(
    'select story_id as id from view.stories where tenant_id = $1 order by story_id limit 2',
    [tenant],
  );
  const [changed, lost] = rows.map(({ id }) => id);
  await client.query('set session_replication_role = replica');
  await client.query(`update view.stories set title = 'else' where tenant_id = $1 and story_id = $2`, [
    tenant,
    changed,
  ]);
  await client.query('delete from view.stories where tenant_id = $1 and story_id = $2', [tenant, lost]);
  await client.query(
    `insert into view.projects
     select tenant_id, gen_random_uuid(), version, position, created_at, updated_at, name, 'other', description, status
       from view.projects where tenant_id = $1 limit 1`,
    [tenant],
  );
  const { findings } = await checkHistory({ ...urls, folder });
  for (const finding of [
    new RegExp(`^replay · .* view.stories .*${changed}.*: .*title`),
    new RegExp(`^replay · .* view.stories .*${lost}.*: missing`),
    /^replay · .* view.projects .*: extra/,
  ]) {
    t.ok(
      findings.some((one) => finding.test(one)),
      `${String(finding)} in ${findings.join(' ')}`,
    );
  }
});

test('every kind of false claim in a history is found', async (t) => {
  const { client, folder, tenant, history } = await makeScene(t);
  const done = history.filter((record) => record.kind === 'done').find(({ position }) => position > 20);
  const refused = history.find((record) => record.kind === 'refused');
  const sent = history.find((record) => record.kind === 'sent' && record.id === done?.id);
  const page = history.find((record) => record.kind === 'page');
  if (done === undefined || refused === undefined || sent?.kind !== 'sent' || page?.kind !== 'page')
    throw new Error('a poor scene');
  const lost = { ...sent, id: 'lost', effect: 'all' } as const;
  const claims: readonly (readonly [string, readonly HistoryRecord[], string])[] = [
    ['an acknowledged command that is not there', [lost, { ...done, id: 'lost' }], 'nothing lost'],
    ['two answers to one command', [{ ...done, position: done.position - 1 }], 'one answer'],
    ['a reader that got an event twice', [{ ...page, reader: 'r' }], 'readers'],
    ['a reader that missed the first', [{ ...page, reader: 's', from: 2, to: 2 }], 'readers'],
    ['a reader that got other events', [{ ...page, reader: 's', digest: 'x' }], 'readers'],
    ['a reader that ended early', [{ kind: 'ended', reader: 's', tenant, position: 1 }], 'readers'],
    ['a promise that a writer saw broken', [{ kind: 'broken', tenant, what: 'x' }], 'seen by the writer'],
  ];
  for (const [name, records, rule] of claims) {
    const extra = openHistory(folder, 'z-false');
    for (const record of records) extra.add(record);
    extra.close();
    const { findings } = await checkWith(client, folder);
    t.ok(
      findings.some((finding) => finding.startsWith(`${rule} · `)),
      `${name}: ${findings[0] ?? 'nothing found'}`,
    );
    rmSync(path.join(folder, 'z-false.ndjson'));
  }
});

test('a refused command that happened, and a body that was told otherwise, are found', async (t) => {
  const { client, history } = await makeScene(t);
  const done = history.filter((record) => record.kind === 'done').find(({ position }) => position > 20);
  if (done === undefined) throw new Error('a poor scene');
  const rewrite = async (change: (record: HistoryRecord) => HistoryRecord): Promise<string[]> => {
    const other = mkdtempSync(path.join(os.tmpdir(), 'loopledger-history-'));
    const file = openHistory(other, 'one');
    for (const record of history) file.add(record.kind === 'done' && record.id === done.id ? change(record) : record);
    file.close();
    const { findings } = await checkWith(client, other);
    rmSync(other, { recursive: true });
    return findings;
  };
  t.match(await rewrite(({ kind: _kind }) => ({ kind: 'refused', id: done.id, tenant: done.tenant, code: 'x' })), [
    /^refused · /,
  ]);
  t.match(await rewrite(() => ({ ...done, meaning: 'x' })), [/^same body · /]);
  t.match(await rewrite(() => ({ ...done, position: done.position + 1 })), [/^(as told|answers) · /]);
  t.same(await rewrite((record) => record), []);
});
