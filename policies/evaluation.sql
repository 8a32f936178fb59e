-- People read evaluations; the commit writes them. What came of a run stays what it was.
call ledger.guard('view.evaluations', '{insert, update}');
call ledger.guard('view.evaluation_results', '{insert}');
