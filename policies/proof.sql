-- People read what proves their log; two functions write it, and nobody changes it.
call ledger.guard('ledger.seals', '{insert, update}');
call ledger.guard('ledger.checkpoints', '{insert}');
call ledger.guard('ledger.tiles', '{insert}');
grant execute on function
  ledger.take_seal(uuid, text),
  ledger.add_checkpoint(uuid, bigint, bigint, bytea, text, smallint[], bigint[], bytea[], bytea[])
  to loopledger_app, loopledger_worker;
