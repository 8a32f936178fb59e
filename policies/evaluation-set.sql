call ledger.guard('view.evaluation_sets', '{insert, update}');
