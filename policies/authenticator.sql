-- People read operators, authenticators and sessions; the commit writes them.
call ledger.guard('view.operators', '{insert, update}');
call ledger.guard('view.authenticators', '{insert, update}');
call ledger.guard('view.sessions', '{insert, update}');
