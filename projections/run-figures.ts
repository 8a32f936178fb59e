// How runs fared: how many succeeded, after how many repairs, how long it took and what it cost.
import { type Static, Type } from 'typebox';
import { ErrorClass, Micros } from '../events/run-fact.ts';
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import { mostRows, type Range, type Summed, type SumRow, toldApart } from './model-usage.ts';
import { headPosition } from './page.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);
const Seconds = Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: 'From the request to the end' });

export const runGroups = [
  'kind',
  'language',
  'complexity',
  'reason',
  'project',
  'model',
  'tier',
  'day',
  'agent',
  'role',
] as const;

const figures = {
  runs: Count,
  open: Count,
  succeeded: Count,
  failed: Count,
  cancelled: Count,
  retries: Type.Integer({ ...Count, description: 'Of them those that somebody asked for again' }),
  success_rate: Type.Union(Share.anyOf, { description: 'Of those that ended by themselves; null when none did' }),
  first_try_rate: Type.Union(Share.anyOf, { description: 'Of those that succeeded: without a repair' }),
  repairs_mean: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  calls_mean: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: 'Of models, failed ones as well' }),
  seconds_p50: Seconds,
  seconds_p95: Seconds,
  cost_micros: Micros,
  cost_per_success_micros: Type.Union([Micros, Type.Null()], { description: 'All that was spent, for each success' }),
} as const;

export const RunFigures = Type.Object(figures, closed);
export const RunFiguresRow = Type.Object(
  { key: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]), ...figures },
  closed,
);
export const ErrorCounts = Type.Array(Type.Object({ error_class: ErrorClass, candidates: Count }, closed), {
  maxItems: 10,
  description: 'Candidates that failed, by why they did',
});

const ranged = `from view.runs r
      where r.tenant_id = $1 and r.created_at >= $2::timestamptz and r.created_at < $3::timestamptz
        and ($4::uuid is null or r.project_id = $4)`;

const figuresStatement = statement(
  'run_figures',
  `with runs as materialized (
     select case $5 when 'kind' then r.kind when 'language' then r.shown ->> 'language'
                    when 'complexity' then r.shown ->> 'complexity' when 'reason' then r.shown -> 'outcome' ->> 'reason'
                    when 'project' then r.project_id::text when 'model' then r.shown ->> 'model'
                    when 'tier' then r.shown -> 'candidates' -> -1 ->> 'tier'
                    when 'agent' then r.agent_id::text when 'role' then r.shown -> 'asked_by' ->> 'role'
                    when 'day' then to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD') end as key,
            r.status, r.shown ->> 'retry_of' as retry_of, r.status in ('succeeded', 'failed') as is_ended,
            greatest(json_array_length(r.shown -> 'candidates') - 1, 0) as repairs, (r.shown ->> 'calls')::integer as calls,
            (r.shown ->> 'cost_micros')::bigint as cost, extract(epoch from r.updated_at - r.created_at) as seconds
       ${ranged}
   )
   select ${headPosition} as position, row_to_json(summed.*)::text as text
     from (
       select grouping(r.key) = 1 as is_total, r.key, count(*) as runs,
              count(*) filter (where r.status not in ('succeeded', 'failed', 'cancelled')) as open,
              count(*) filter (where r.status = 'succeeded') as succeeded,
              count(*) filter (where r.status = 'failed') as failed,
              count(*) filter (where r.status = 'cancelled') as cancelled,
              count(r.retry_of) as retries,
              round(avg((r.status = 'succeeded')::integer) filter (where r.is_ended), 4) as success_rate,
              round(avg((r.repairs = 0)::integer) filter (where r.status = 'succeeded'), 4) as first_try_rate,
              round(avg(r.repairs) filter (where r.is_ended), 3) as repairs_mean,
              round(avg(r.calls) filter (where r.is_ended), 3) as calls_mean,
              round((percentile_cont(0.5) within group (order by r.seconds) filter (where r.is_ended))::numeric, 3) as seconds_p50,
              round((percentile_cont(0.95) within group (order by r.seconds) filter (where r.is_ended))::numeric, 3) as seconds_p95,
              coalesce(sum(r.cost), 0) as cost_micros,
              round(sum(r.cost) / nullif(count(*) filter (where r.status = 'succeeded'), 0)) as cost_per_success_micros
         from runs r
        group by grouping sets ((r.key), ())
     ) summed
    order by summed.is_total desc, summed.runs desc, summed.key
    limit ${mostRows + 1}`,
);

const errorsStatement = statement(
  'run_errors',
  `select c ->> 'error_class' as error_class, count(*)::integer as candidates
     from (select r.shown ${ranged}) r cross join lateral json_array_elements(r.shown -> 'candidates') c
    where c ->> 'error_class' is not null
    group by 1 order by 2 desc, 1`,
);

export interface Figured extends Summed<Static<typeof RunFiguresRow>, Static<typeof RunFigures>> {
  readonly errors: Static<typeof ErrorCounts>;
}

export async function readRunFigures(
  database: Database,
  tenantId: string,
  { from, to, projectId, by }: Range & { readonly by: (typeof runGroups)[number] },
): Promise<Figured> {
  const range = [tenantId, from, to, projectId];
  const [rows, errors] = await Promise.all([
    database.read<SumRow>(tenantId, figuresStatement, [...range, by]),
    database.read<Static<typeof ErrorCounts>[number]>(tenantId, errorsStatement, range),
  ]);
  return { ...toldApart<Static<typeof RunFigures>>(rows), errors: [...errors] };
}
