-- Under row security only leakproof comparisons may search an index, and those of arrays are not: a page far into a
-- project read the whole project. Text under the collation C is leakproof, and smaller.
alter table view.stories drop constraint stories_number;
alter table view.stories drop column number_order;

-- 1.2 before 1.10: each part padded to six digits. It begins with the number of the epic, so that one index serves
-- the lists of projects and of epics.
alter table view.stories add column number_order text collate "C" not null generated always as (
  lpad(split_part(number, '.', 1), 6, '0') || lpad(split_part(number, '.', 2), 6, '0')
  || lpad(split_part(number, '.', 3), 6, '0') || lpad(split_part(number, '.', 4), 6, '0')
) stored;
alter table view.stories add constraint stories_number unique (tenant_id, project_id, number_order);
