-- People read what was granted; the commit writes it.
call ledger.guard('view.capabilities', '{insert, update}');
