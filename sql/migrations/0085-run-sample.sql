-- Which runs were asked for under the same place of a benchmark: the first one of them is the one that is recorded.
alter table view.runs add column sample_of text collate "C" generated always as (
  (labels ->> 'benchmark') || '/' || (labels ->> 'sample') || '/' || (labels ->> 'problem')) stored;
create index runs_of_sample on view.runs (tenant_id, sample_of) where sample_of is not null;
