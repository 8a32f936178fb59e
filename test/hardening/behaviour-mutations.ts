// Ways to break a database that its catalogue may not show, each with the finding that the attacks have to come to.
import type { Finding } from './finding.ts';
import { probeCommit } from './commit-probes.ts';
import { probeDefiners } from './definer-probes.ts';
import { probeRows } from './row-probes.ts';
import { probeSessions } from './session-probes.ts';
import type { Site } from './site.ts';

/** Tries what `isProbed` picks. */
type Probe = (site: Site, isProbed: (object: string) => boolean) => Promise<Finding[]>;

export interface BehaviourMutation {
  readonly name: string;
  readonly probe: Probe;
  readonly check: string;
  readonly object: string;
  readonly sql?: string;
  /** Texts of a function, and what takes their place. */
  readonly replace?: { readonly of: string; readonly texts: readonly (readonly [from: string, to: string])[] };
}

const three = 'loopledger_owner, loopledger_app, loopledger_worker';

export const behaviourMutations: readonly BehaviourMutation[] = [
  {
    name: 'both policies of a table let every row through',
    probe: probeRows,
    check: 'row-read',
    object: 'view.stories',
    sql: `drop policy tenant on view.stories; drop policy reading on view.stories;
          create policy reading on view.stories for select to ${three} using (true)`,
  },
  {
    name: 'the owner is not bound by row security',
    probe: probeRows,
    check: 'row-read',
    object: 'view.stories',
    sql: 'alter table view.stories no force row level security',
  },
  {
    name: 'row security is off',
    probe: probeRows,
    check: 'row-read',
    object: 'ledger.events',
    sql: 'alter table ledger.events disable row level security',
  },
  {
    name: 'nobody is let through any more',
    probe: probeRows,
    check: 'row-own',
    object: 'view.stories',
    sql: 'drop policy reading on view.stories',
  },
  {
    name: 'the application adds rows to any tenant',
    probe: probeRows,
    check: 'row-insert',
    object: 'ledger.contents',
    // The row that is tried exists already, so it has to go first for its key to be free.
    sql: `drop policy tenant on ledger.contents; grant insert on ledger.contents to loopledger_app;
          create policy loose on ledger.contents for insert to loopledger_app with check (true)`,
  },
  {
    name: 'rows may be moved to another tenant',
    probe: probeRows,
    check: 'row-move',
    object: 'view.tenants',
    sql: `drop policy tenant on view.tenants; drop policy changing on view.tenants;
          create policy changing on view.tenants for update to loopledger_owner using (true) with check (true)`,
  },
  {
    name: 'rows of others may be removed',
    probe: probeRows,
    check: 'row-remove',
    object: 'platform.rate_leases',
    sql: `drop policy tenant on platform.rate_leases; drop policy reading on platform.rate_leases;
          create policy reading on platform.rate_leases for select to loopledger_owner using (true);
          create policy loose on platform.rate_leases for delete to loopledger_owner using (true)`,
  },
  {
    name: 'content may be truncated',
    probe: probeRows,
    check: 'row-truncate',
    object: 'ledger.contents',
    sql: 'drop trigger contents_no_truncate on ledger.contents',
  },
  {
    name: 'a foreign key is without the tenant',
    probe: probeRows,
    check: 'row-reference',
    object: 'view.epics/epics_project',
    // Ids that both tenants have could not be unique alone: those of B go, and its epics then point at those of A.
    sql: `set local session_replication_role = replica;
          delete from view.projects b using view.projects a where a.project_id = b.project_id and a.tenant_id < b.tenant_id;
          create unique index loose on view.projects (project_id);
          alter table view.epics drop constraint epics_project;
          alter table view.epics add constraint epics_project foreign key (project_id) references view.projects (project_id)`,
  },
  {
    name: 'foreign keys are not enforced',
    probe: probeRows,
    check: 'row-reference',
    object: 'view.epics/epics_project',
    sql: 'alter table view.epics disable trigger all',
  },
  {
    name: 'a table was forgotten when the tenants were filled',
    probe: probeRows,
    check: 'site-empty',
    object: 'view.loose',
    sql: 'create table view.loose (tenant_id uuid not null primary key)',
  },
  {
    name: 'the application may create',
    probe: probeSessions,
    check: 'session',
    object: 'make a table',
    sql: 'grant create on schema view to loopledger_app',
  },
  {
    name: 'the application reads the key directory',
    probe: probeSessions,
    check: 'session',
    object: 'read the key directory',
    sql: 'grant select on platform.key_hashes to loopledger_app',
  },
  {
    name: 'samples of columns are open to the application',
    probe: probeSessions,
    check: 'session',
    object: 'read samples of the columns',
    sql: 'alter table view.stories disable row level security',
  },
  {
    name: 'a key is found without its hash',
    probe: probeSessions,
    check: 'session',
    object: 'find keys without a hash',
    sql: `drop function platform.find_keys(bytea[]);
          create function platform.find_keys(p_hashes bytea[]) returns table (key_id uuid)
            language sql security definer set search_path = pg_catalog as 'select null::uuid';
          grant execute on function platform.find_keys(bytea[]) to loopledger_app`,
  },
  {
    name: 'a function leaves its tenant behind',
    probe: probeDefiners,
    check: 'definer',
    object: 'ledger.put_content',
    replace: { of: 'ledger.put_content', texts: [[`perform set_config('app.tenant_id', '', true);`, '']] },
  },
  {
    name: 'a function leaves all positions open',
    probe: probeDefiners,
    check: 'definer',
    object: 'ledger.moved_positions',
    replace: { of: 'ledger.moved_positions', texts: [[`perform set_config('app.positions', '', true);`, '']] },
  },
  {
    name: 'a function writes for another tenant too',
    probe: probeDefiners,
    check: 'definer',
    object: 'platform.feed_epoch',
    sql: `drop function platform.feed_epoch();
          create function platform.feed_epoch() returns text language sql security definer set search_path = pg_catalog
            as $$ update platform.rate_leases set used = used + 1; select 'epoch' $$;
          alter table platform.rate_leases disable row level security;
          grant execute on function platform.feed_epoch() to loopledger_app`,
  },
  {
    name: 'a function with the rights of the owner has no trial',
    probe: probeDefiners,
    check: 'definer-untried',
    object: 'view.loose',
    sql: `create function view.loose() returns integer language sql security definer as 'select 1'`,
  },
  {
    name: 'the commit leaves its tenant behind',
    probe: probeCommit,
    check: 'commit',
    object: 'a commit',
    replace: { of: 'ledger.commit', texts: [[`perform set_config('app.tenant_id', '', true);`, '']] },
  },
  {
    name: 'the commit takes tenants in any order',
    probe: probeCommit,
    check: 'commit',
    object: 'the tenants stand in the wrong order',
    replace: { of: 'ledger.lock_heads', texts: [['p_tenants[v_place] <= p_tenants[v_place - 1]', 'false']] },
  },
  {
    name: 'a view takes rows of a tenant that was not committed',
    probe: probeCommit,
    check: 'commit',
    object: 'B is expected somewhere else, so that its part is not accepted',
    replace: {
      of: 'view.project_project',
      texts: [
        ['d.time is not null', 'true'],
        ['d.time, d.time', 'now(), now()'],
      ],
    },
  },
  {
    name: 'the nil id may have a log',
    probe: probeCommit,
    check: 'commit',
    object: 'a tenant is the nil id',
    sql: 'alter table ledger.heads drop constraint heads_tenant',
  },
];
