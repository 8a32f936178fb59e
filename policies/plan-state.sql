-- People read plan states; the commit writes them.
call ledger.guard('view.plan_states', '{insert, update}');
