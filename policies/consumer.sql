-- Whoever reads the log may read how far its followers are; ledger.put_consumer and ledger.drop_consumer write it.
call ledger.guard('ledger.consumers', '{insert, update, delete}');
