-- Ceremonies have no tenant. One shows itself to whoever names it, and to everybody's broom once its time is over; the
-- application reaches them through functions alone.
drop policy if exists reading on platform.ceremonies;
drop policy if exists adding on platform.ceremonies;
drop policy if exists removing on platform.ceremonies;
create policy reading on platform.ceremonies for select to loopledger_owner
  using (ceremony_id = nullif(current_setting('app.ceremony_id', true), '')::uuid or expires_at < clock_timestamp());
create policy adding on platform.ceremonies for insert to loopledger_owner
  with check (ceremony_id = nullif(current_setting('app.ceremony_id', true), '')::uuid);
create policy removing on platform.ceremonies for delete to loopledger_owner
  using (ceremony_id = nullif(current_setting('app.ceremony_id', true), '')::uuid or expires_at < clock_timestamp());
revoke all on platform.ceremonies from public, loopledger_app, loopledger_worker;
