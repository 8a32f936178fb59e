-- People read dependencies; the commit writes them.
call ledger.guard('view.story_dependencies', '{insert, delete}');
call ledger.guard('view.epic_dependencies', '{insert, delete}');
