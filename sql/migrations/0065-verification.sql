alter table view.projects add column verification json;

-- The last line of verification by running: nothing is verified so but by a run that passed.
alter table view.stories
  add constraint stories_executed
    check (verified_method is distinct from 'executed'
           or coalesce(custody -> 'verification_run' ->> 'status', 'none') = 'passed');
