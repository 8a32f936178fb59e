-- People read agents; the commit writes them.
call ledger.guard('view.agents', '{insert, update}');
