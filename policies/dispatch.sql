-- People read dispatches; the commit writes them.
call ledger.guard('view.dispatches', '{insert, update}');
