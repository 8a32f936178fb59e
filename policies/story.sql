-- People read stories; the commit writes them.
call ledger.guard('view.stories', '{insert, update}');
