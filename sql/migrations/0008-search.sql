-- How far each asynchronous projection has come in each tenant's log, and the first of them: full-text search.

create table view.checkpoints (
  tenant_id uuid not null,
  projection text not null check (projection <> ''),
  -- Everything up to here is in the projection's rows, and nothing beyond.
  position bigint not null check (position >= 0),
  primary key (tenant_id, projection)
)
with (fillfactor = 50);

create table view.search_documents (
  tenant_id uuid not null,
  kind text not null check (kind in ('project', 'epic', 'story')),
  document_id uuid not null,
  project_id uuid not null,
  number text,
  title text not null,
  description text not null,
  archived boolean not null,
  -- Every word begins with a mark of the tenant, so that a common word of many tenants is looked up in one of them alone.
  words tsvector not null,
  primary key (tenant_id, kind, document_id)
);
-- Without a list of pending entries: a reader would have to look through those of all tenants.
create index search_documents_words on view.search_documents using gin (words) with (fastupdate = off);

alter table view.checkpoints enable row level security;
alter table view.checkpoints force row level security;
alter table view.search_documents enable row level security;
alter table view.search_documents force row level security;
