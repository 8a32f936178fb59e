-- People read benchmarks; the commit writes them. What came of a run stays what it was.
call ledger.guard('view.benchmarks', '{insert, update}');
call ledger.guard('view.benchmark_results', '{insert}');
