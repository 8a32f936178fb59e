-- A dispatch lives for hours, so what it was granted is little: by it the stories are found that it has a part in.
create index capabilities_of_dispatch on view.capabilities (tenant_id, dispatch_id);
