-- People read keys; the commit writes them. The directory of their hashes is opened in policies/platform.sql.
call ledger.guard('view.keys', '{insert, update}');
