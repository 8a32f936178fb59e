-- People read their tenant; the commit writes it. Nobody reads slugs: a taken one is known by the refusal.
call ledger.guard('view.tenants', '{insert, update}');
call ledger.guard('platform.tenant_slugs', '{insert}');
revoke select on platform.tenant_slugs from loopledger_app, loopledger_worker;
