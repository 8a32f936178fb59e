-- People read public keys; the commit writes them. Sealed private keys are read in the scope of their tenant by the
-- process that holds the master key, and are never changed.
call ledger.guard('view.signing_keys', '{insert, update}');
call ledger.guard('platform.tenant_keys', '{insert}');
