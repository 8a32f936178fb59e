-- Custody of stories: who did, reported, reviewed and verified them, and what was granted for it. The constraints are the
-- last line of the rules: they hold whatever a decider missed.

alter table view.stories drop constraint stories_agent_status_check;
alter table view.stories drop constraint stories_verified_status_check;
alter table view.stories
  add column verified_method text,
  -- As it is shown; null for a story that nobody ever took on.
  add column custody json,
  add column lease_until timestamptz,
  add column implementer_id uuid,
  add column implementer_lineage uuid[],
  add column reporter_id uuid,
  add column reporter_lineage uuid[],
  add column reviewer_id uuid,
  add column reviewer_lineage uuid[],
  add column verifier_id uuid,
  add column verifier_lineage uuid[];

-- A comparison with null is no violation of a check, so what must be there is asked for by itself.
alter table view.stories
  add constraint stories_agent_status
    check (agent_status in ('pending', 'contracted', 'assigned', 'implementing', 'in_review', 'reported_done')),
  add constraint stories_verified_status
    check (verified_status in ('unverified', 'verified', 'rejected')),
  add constraint stories_verified_method
    check ((verified_status = 'verified') = (verified_method is not null)
           and (verified_method is null or verified_method in ('executed', 'attested', 'backfilled'))),
  add constraint stories_lineages
    check (coalesce(cardinality(implementer_lineage), 1) > 0 and (implementer_lineage is null) = (implementer_id is null)
           and coalesce(cardinality(reporter_lineage), 1) > 0 and (reporter_lineage is null) = (reporter_id is null)
           and coalesce(cardinality(reviewer_lineage), 1) > 0 and (reviewer_lineage is null) = (reviewer_id is null)
           and coalesce(cardinality(verifier_lineage), 1) > 0 and (verifier_lineage is null) = (verifier_id is null)),
  add constraint stories_implementer
    check (agent_status in ('pending', 'contracted') or implementer_id is not null
           or (agent_status = 'reported_done' and verified_method is not distinct from 'backfilled')),
  add constraint stories_lease
    check (agent_status not in ('assigned', 'implementing') or lease_until is not null),
  add constraint stories_evidence
    check (verified_status <> 'verified' or (agent_status = 'reported_done' and (
             (verified_method = 'backfilled' and implementer_id is null)
             or (verified_method <> 'backfilled' and implementer_id is not null and reporter_id is not null
                 and reviewer_id is not null and verifier_id is not null)))),
  add constraint stories_reporter
    check (reporter_id is null
           or (reporter_id <> implementer_id and not reporter_lineage && implementer_lineage) is true),
  add constraint stories_reviewer
    check (reviewer_id is null
           or (reviewer_id <> implementer_id and not reviewer_lineage && implementer_lineage) is true),
  add constraint stories_verifier
    check (verifier_id is null
           or (verifier_id <> implementer_id and verifier_id <> reporter_id and verifier_id <> reviewer_id
               and not verifier_lineage && implementer_lineage and not verifier_lineage && reporter_lineage
               and not verifier_lineage && reviewer_lineage) is true);

create index stories_lease_until on view.stories (tenant_id, lease_until) where lease_until is not null;

alter table view.epics add column is_complete boolean not null default false;

-- Every capability that was ever granted, by its jti: it ends once, used or void.
create table view.capabilities (
  tenant_id uuid not null,
  jti uuid not null,
  story_id uuid not null,
  act text not null check (act in ('start', 'report', 'review', 'verify')),
  dispatch_id uuid not null,
  token_hash text not null check (length(token_hash) = 64),
  expires_at timestamptz not null,
  granted_at timestamptz not null,
  ended_at timestamptz,
  status text not null check (status in ('granted', 'consumed', 'voided')),
  primary key (tenant_id, jti),
  constraint capabilities_ended check ((status = 'granted') = (ended_at is null)),
  constraint capabilities_story foreign key (tenant_id, story_id) references view.stories (tenant_id, story_id)
);
create index capabilities_of_story on view.capabilities (tenant_id, story_id);

alter table view.capabilities enable row level security;
alter table view.capabilities force row level security;
