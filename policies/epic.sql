-- People read epics; the commit writes them.
call ledger.guard('view.epics', '{insert, update}');
