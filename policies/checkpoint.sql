-- Whoever reads a projection learns how far it has come.
call ledger.guard('view.checkpoints', '{insert, update}');
