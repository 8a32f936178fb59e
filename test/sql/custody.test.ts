import pg from 'pg';
import { type Test, test } from 'tap';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { createEpic } from '../../commands/epic.ts';
import { createProject } from '../../commands/project.ts';
import { createStory } from '../../commands/story.ts';
import { newId } from '../../kernel/id.ts';
import { registry } from '../../projections/index.ts';
import { openTestLedger, request } from '../support/ledger.ts';

type Row = Readonly<Record<string, unknown>>;

/** A tenant with one story, and the application's own connection, with which its rows are written past every decider. */
async function open(t: Test) {
  const { urls, ledger, tenantKeys } = await openTestLedger(t);
  const { tenantId } = await foundTenantOn(ledger, tenantKeys, { name: 'T', slug: 'attacked' });
  const [project_id, epic_id, story_id] = [newId(), newId(), newId()];
  await ledger.execute(request(tenantId, createProject, { project_id, name: 'P', slug: 'p' }));
  await ledger.execute(request(tenantId, createEpic, { project_id, epic_id, title: 'E' }));
  await ledger.execute(request(tenantId, createStory, { story_id, epic_id, title: 'S' }));
  const client = new pg.Client({ connectionString: urls.appUrl });
  await client.connect();
  t.teardown(() => client.end());
  const story = {
    t: 1,
    id: story_id,
    version: 9,
    position: 9,
    project_id,
    epic_id,
    number: '1.1',
    title: 'S',
    description: '',
    priority: 2,
    criteria: [],
    criteria_revision: 1,
    status: 'active',
    agent_status: 'pending',
    verified_status: 'unverified',
  };
  /** The name of the constraint that refused the row; empty when none did. */
  const write = async (view: string, row: Row): Promise<string> => {
    await client.query(`select set_config('app.tenant_id', $1, false)`, [tenantId]);
    const { rows } = await client.query<{ position: string }>(
      'select position from ledger.heads where tenant_id = $1',
      [tenantId],
    );
    try {
      await client.query(`select * from ledger.commit($1, $2, '', '', $3)`, [
        [tenantId],
        [rows[0]?.position],
        `${view}\u001e[${JSON.stringify(row)}]`,
      ]);
      return '';
    } catch (error) {
      return (error as pg.DatabaseError).constraint ?? String(error);
    }
  };
  return { story_id, write, attack: (told: Row) => write('story', { ...story, ...told }) };
}

const [root, other, third] = [newId(), newId(), newId()];
const did = { implementer_id: newId(), implementer_lineage: [root, newId()], custody: { fence: 1 } };
const told = { reporter_id: newId(), reporter_lineage: [other] };
const saw = { reviewer_id: told.reporter_id, reviewer_lineage: [other] };
const judged = { verifier_id: newId(), verifier_lineage: [third] };
const done = { agent_status: 'reported_done', ...did, ...told };
const verified = { ...done, ...saw, ...judged, verified_status: 'verified', verified_method: 'attested' };

test('rows of honest work are written', async (t) => {
  const { attack } = await open(t);
  t.equal(await attack(done), '');
  t.equal(await attack({ ...done, ...saw }), '');
  t.equal(await attack(verified), '');
  const second = { status: 'complete', review: { by: { agent_id: newId() } } };
  t.equal(await attack({ ...verified, custody: { fence: 1, second_review: second } }), '');
  const run = { fence: 1, verification_run: { status: 'passed' } };
  t.equal(await attack({ ...verified, verified_method: 'executed', custody: run }), '');
  const backfilled = { agent_status: 'reported_done', verified_status: 'verified', verified_method: 'backfilled' };
  t.equal(await attack(backfilled), '');
});

test('rows that say what no evidence carries are refused by the tables themselves', async (t) => {
  const { attack } = await open(t);
  const refused = async (what: string, row: Row, constraint: string): Promise<void> => {
    t.equal(await attack(row), constraint, what);
  };
  const without = (...names: readonly string[]): Row =>
    Object.fromEntries(Object.entries(verified).filter(([name]) => !names.includes(name)));
  await refused('reported by the agent who did it', { ...done, reporter_id: did.implementer_id }, 'stories_reporter');
  await refused('reported by the same lineage', { ...done, reporter_lineage: [root, other] }, 'stories_reporter');
  await refused('reported without a lineage', { ...done, reporter_lineage: [] }, 'stories_lineages');
  await refused('reported though nobody did it', { agent_status: 'pending', ...told }, 'stories_reporter');
  await refused(
    'reviewed by the agent who did it',
    { ...done, ...saw, reviewer_id: did.implementer_id },
    'stories_reviewer',
  );
  await refused('reviewed by the same lineage', { ...done, ...saw, reviewer_lineage: [root] }, 'stories_reviewer');
  await refused('verified by the same lineage', { ...verified, verifier_lineage: [root] }, 'stories_verifier');
  await refused(
    'verified by the lineage of the reviewer',
    { ...verified, verifier_lineage: [other] },
    'stories_verifier',
  );
  await refused('verified by the reviewer', { ...verified, verifier_id: saw.reviewer_id }, 'stories_verifier');
  const looked = (second_review: object): Row => ({ custody: { fence: 1, second_review } });
  for (const status of ['due', 'open']) {
    await refused(
      `verified while a second review is ${status}`,
      { ...verified, ...looked({ status }) },
      'stories_second_review',
    );
  }
  await refused(
    'verified by the second reviewer',
    { ...verified, ...looked({ status: 'complete', review: { by: { agent_id: judged.verifier_id } } }) },
    'stories_second_reviewer',
  );
  const executed = { ...verified, verified_method: 'executed' };
  await refused('run by nobody', executed, 'stories_executed');
  for (const status of ['running', 'failed']) {
    const custody = { fence: 1, verification_run: { status } };
    await refused(`verified by a run that is ${status}`, { ...executed, custody }, 'stories_executed');
  }
  await refused('verified without a verifier', without('verifier_id', 'verifier_lineage'), 'stories_evidence');
  await refused('verified without a review', without('reviewer_id', 'reviewer_lineage'), 'stories_evidence');
  await refused(
    'verified by nobody for nobody',
    { verified_status: 'verified', verified_method: 'attested' },
    'stories_evidence',
  );
  await refused('verified before it is reported', { ...verified, agent_status: 'in_review' }, 'stories_evidence');
  await refused('verified, nobody knows how', { ...verified, verified_method: null }, 'stories_verified_method');
  await refused(
    'verified by a word of its own',
    { ...verified, verified_method: 'trusted' },
    'stories_verified_method',
  );
  await refused('an empty lineage', { ...verified, verifier_lineage: [] }, 'stories_lineages');
  await refused('backfilled after somebody did it', { ...verified, verified_method: 'backfilled' }, 'stories_evidence');
  await refused(
    'held by nobody',
    { agent_status: 'implementing', lease_until: '2030-01-01T00:00:00Z' },
    'stories_implementer',
  );
  await refused('held without an end', { agent_status: 'assigned', ...did }, 'stories_lease');
  await refused('a status of its own', { agent_status: 'finished', ...did }, 'stories_agent_status');
});

test('a capability is granted once and ends once', async (t) => {
  const { story_id, write } = await open(t);
  const jti = newId();
  const grant = {
    t: 1,
    id: jti,
    story_id,
    act: 'verify',
    dispatch_id: newId(),
    token_hash: 'a'.repeat(64),
    status: 'granted',
    expires_at: '2030-01-01T00:00:00Z',
  };
  t.equal(await write('capability', grant), '');
  t.equal(await write('capability', grant), 'capabilities_pkey');
  t.equal(await write('capability', { t: 1, id: jti, status: 'consumed' }), '');
  for (const status of ['consumed', 'voided']) {
    t.equal(await write('capability', { t: 1, id: jti, status }), 'capabilities_once');
  }
  t.equal(await write('capability', { t: 1, id: newId(), status: 'consumed' }), 'capabilities_once');
});

test('what each of these constraints means, a caller learns as a refusal', (t) => {
  const meanings = [
    'stories_reporter',
    'stories_reviewer',
    'stories_verifier',
    'stories_evidence',
    'stories_executed',
    'stories_second_review',
    'stories_second_reviewer',
    'capabilities_once',
  ];
  t.same(
    meanings.map((name) => registry.constraints.get(name)?.().code),
    [
      'self_report_blocked',
      'self_review_blocked',
      'self_verify_blocked',
      'review_missing',
      'verification_under_way',
      'second_review_missing',
      'self_verify_blocked',
      'capability_replayed',
    ],
  );
  t.end();
});
