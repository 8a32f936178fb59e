-- Tickets are kept and taken by functions alone.
call ledger.guard('platform.stream_tickets', '{insert, delete}');
alter policy reading on platform.stream_tickets to loopledger_owner;
revoke all on platform.stream_tickets from public, loopledger_app, loopledger_worker;
grant execute on function
  platform.put_ticket(uuid, bytea, bytea, integer), platform.take_ticket(uuid, bytea)
  to loopledger_app, loopledger_worker;
