-- Takes the seal of a log: nobody else signs it until the transaction ends. Answers nothing while somebody else has it.
create or replace function ledger.take_seal(p_tenant uuid, p_origin text) returns text
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_origin text;
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  insert into ledger.seals (tenant_id, origin)
    select p_tenant, p_origin
     where not exists (select from ledger.seals s where s.tenant_id = p_tenant)
    on conflict do nothing;
  select s.origin into v_origin from ledger.seals s where s.tenant_id = p_tenant for update skip locked;
  perform set_config('app.tenant_id', '', true);
  return v_origin;
end
$$;

-- Adds a signed checkpoint and the tiles that became full since the one before. It must follow that one, stand on an
-- entry that is there, and come at least a second later; a sealer that lost its place adds nothing.
create or replace function ledger.add_checkpoint(
  p_tenant uuid, p_after bigint, p_position bigint, p_root bytea, p_note text,
  p_levels smallint[], p_tiles bigint[], p_roots bytea[], p_hashes bytea[]
) returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
  v_last ledger.checkpoints;
  v_chain bytea;
  v_now timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  perform from ledger.seals s where s.tenant_id = p_tenant for update;
  select * into v_last from ledger.checkpoints c where c.tenant_id = p_tenant order by c.position desc limit 1;
  select e.chain_hash into v_chain from ledger.events e where e.tenant_id = p_tenant and e.position = p_position;
  if v_chain is null or p_position <= p_after or coalesce(v_last.position, 0) <> p_after then
    raise exception 'a checkpoint follows the one before it' using errcode = 'invalid_parameter_value';
  end if;
  if v_now < v_last.signed_at + interval '1 second' then
    raise exception 'a log is signed at most once a second' using errcode = 'invalid_parameter_value';
  end if;
  insert into ledger.tiles (tenant_id, level, tile, root, hashes)
    select p_tenant, n.level, n.tile, n.root, n.hashes
      from unnest(p_levels, p_tiles, p_roots, p_hashes) as n(level, tile, root, hashes);
  insert into ledger.checkpoints (tenant_id, position, root, chain_hash, note, signed_at)
    values (p_tenant, p_position, p_root, v_chain, p_note, v_now);
  perform set_config('app.tenant_id', '', true);
  return v_now;
end
$$;
