-- The schema of the views: read through the tables' own policies, written by functions that only the owner runs.
grant usage on schema view to loopledger_app, loopledger_worker;
revoke all on all functions in schema view from public, loopledger_app, loopledger_worker;
grant execute on function
  view.advance(text, uuid, bigint, bigint, json), view.reached(text, uuid[])
  to loopledger_app, loopledger_worker;
