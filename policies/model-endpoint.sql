-- People read model endpoints; the commit writes them. Keys are handed out sealed, one at a time, by a function.
call ledger.guard('view.model_endpoints', '{insert, update}');
call ledger.guard('platform.model_secrets', '{insert, delete}');
alter policy reading on platform.model_secrets to loopledger_owner;
revoke all on platform.model_secrets from public, loopledger_app, loopledger_worker;

grant execute on function platform.keep_model_secret(uuid, uuid, text) to loopledger_app, loopledger_worker;
grant execute on function platform.model_secret(uuid, uuid) to loopledger_app, loopledger_worker;
