-- A delivery is written twice, when it is made and when it has ended. The claim of its lane is the claim of all that is in
-- it, a list of deliveries is read along their key, and the order within a stream costs those alone that ask for it.
alter table platform.webhook_deliveries drop column claimed_until;
alter table platform.webhook_deliveries drop constraint webhook_deliveries_pkey;
drop index platform.webhook_deliveries_list;
alter table platform.webhook_deliveries add primary key (tenant_id, webhook_id, delivery_id);
drop index platform.webhook_deliveries_order;
create index webhook_deliveries_order on platform.webhook_deliveries (tenant_id, webhook_id, stream_id, position)
  where status = 'pending' and stream_id is not null;
