-- What a call cost stays what it was.
call ledger.guard('view.model_usage', '{insert}');
