-- The commit writes routing; spending and prices are written by functions alone, and read in the tenant's own context.
call ledger.guard('view.model_routings', '{insert, update}');
call ledger.guard('platform.model_prices', '{insert}');
call ledger.guard('platform.model_spend', '{insert, update, delete}');
call ledger.guard('platform.model_calls', '{insert, update, delete}');

grant execute on function
  platform.reserve_spend(uuid, uuid, uuid, uuid, bigint, bigint[]), platform.settle_spend(uuid, uuid, bigint)
  to loopledger_app, loopledger_worker;
grant execute on function platform.purge_model_spend(uuid, integer, integer) to loopledger_worker;
grant execute on function platform.add_model_price(uuid, uuid, text, text, bigint[], timestamptz)
  to loopledger_app, loopledger_worker;
