-- People read webhooks; the commit writes them. Secrets are handed out by the function that claims deliveries.
call ledger.guard('view.webhooks', '{insert, update}');
call ledger.guard('platform.webhook_secrets', '{insert, delete}');
alter policy reading on platform.webhook_secrets to loopledger_owner;
revoke all on platform.webhook_secrets from public, loopledger_app, loopledger_worker;

grant execute on function platform.keep_webhook_secret(uuid, uuid, text) to loopledger_app, loopledger_worker;
