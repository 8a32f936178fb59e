-- People search; the worker writes, through the function that moves the projection's checkpoint.
call ledger.guard('view.search_documents', '{insert, update, delete}');
