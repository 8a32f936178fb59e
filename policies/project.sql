-- People read projects; the commit writes them.
call ledger.guard('view.projects', '{insert, update}');
