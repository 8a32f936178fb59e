call ledger.guard('view.alert_rules', '{insert, update}');
call ledger.guard('view.alerts', '{insert, update}');
