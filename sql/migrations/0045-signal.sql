-- What accepted work took, for each criterion: thousandths of a natural logarithm. Null is what nobody told.
create table view.signals (
  tenant_id uuid not null,
  story_id uuid not null,
  -- Of the story, at the verification: work that is rejected and verified again counts twice.
  version integer not null check (version > 0),
  tool_calls integer check (tool_calls >= 0),
  tokens integer check (tokens >= 0),
  tests_run integer check (tests_run >= 0),
  seconds integer check (seconds >= 0),
  primary key (tenant_id, story_id, version),
  constraint signals_story foreign key (tenant_id, story_id) references view.stories (tenant_id, story_id)
);

alter table view.signals enable row level security;
alter table view.signals force row level security;

-- The last line of second reviews. The lineages of both reviewers stand in reviewer_lineage, so that no verifier shares one.
alter table view.stories
  add constraint stories_second_review
    check (verified_status <> 'verified' or coalesce(custody -> 'second_review' ->> 'status', 'none') not in ('due', 'open')),
  add constraint stories_second_reviewer
    check (verifier_id is null
           or (custody -> 'second_review' -> 'review' -> 'by' ->> 'agent_id') is distinct from verifier_id::text);
