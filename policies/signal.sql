-- What was accepted stays what it was.
call ledger.guard('view.signals', '{insert}');
