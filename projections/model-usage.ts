// What models were asked for and what it cost, call by call, and the sums of it.
import { type Static, Type } from 'typebox';
import { type Run, runStream } from '../events/run.ts';
import { Micros, RunModelCalled } from '../events/run-fact.ts';
import type { Database } from '../sql/database.ts';
import type { InlineView, ViewRow } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { headPosition } from './page.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Share = Type.Number({ minimum: 0, maximum: 1, description: 'Of the total' });
const Milliseconds = Type.Integer({ minimum: 0 });

type Called = Static<typeof RunModelCalled.shape>;

export const modelUsageInline: InlineView<Run> = {
  name: 'model_usage',
  stream: runStream,
  project: ({ id, state, facts }) =>
    facts
      .filter(({ type }) => type === RunModelCalled.type)
      .map(({ version, data }) =>
        usageRow(id, version, { ...(data as unknown as Called), project_id: state.project_id }),
      ),
};

function usageRow(id: string, version: number, called: Called & { readonly project_id: string | null }): ViewRow {
  const { project_id, purpose, endpoint, asked_model, served_model, tokens, error, cost_micros, latency_ms } = called;
  return {
    id,
    // Of one run, each call is a row of its own.
    kind: String(version),
    version,
    project_id,
    purpose,
    endpoint,
    model: served_model ?? asked_model,
    error_class: error?.class ?? null,
    input_tokens: tokens?.input ?? null,
    cached_tokens: tokens?.cached ?? null,
    output_tokens: tokens?.output ?? null,
    reasoning_tokens: tokens?.reasoning ?? null,
    cost_micros,
    latency_ms,
  };
}

export const usageGroups = ['model', 'endpoint', 'purpose', 'project', 'day', 'error_class', 'agent', 'role'] as const;

const sums = {
  runs: Count,
  calls: Count,
  failed_calls: Count,
  input_tokens: Count,
  cached_tokens: Count,
  output_tokens: Count,
  reasoning_tokens: Count,
  cost_micros: Micros,
  latency_p50_ms: Type.Union([Milliseconds, Type.Null()], { description: 'Of the calls that were answered' }),
  latency_p95_ms: Type.Union([Milliseconds, Type.Null()]),
} as const;

export const UsageTotal = Type.Object(sums, closed);
export const UsageRow = Type.Object(
  {
    key: Type.Union([Type.String({ maxLength: 200 }), Type.Null()], {
      description: 'What the row is the sum of; null for calls that have none of it, such as a project',
    }),
    ...sums,
    calls_share: Share,
    cost_share: Type.Union([Share, Type.Null()], { description: 'Null when nothing was spent' }),
  },
  closed,
);

export interface Range {
  readonly from: string;
  readonly to: string;
  readonly projectId: string | null;
}

export interface Summed<Row, Total> {
  readonly position: number;
  readonly rows: readonly Row[];
  readonly total: Total;
}

export const mostRows = 500;

const usageStatement = statement(
  'sum_model_usage',
  `with usage as materialized (
     select case $5 when 'model' then u.model when 'endpoint' then u.endpoint when 'purpose' then u.purpose
                    when 'project' then u.project_id::text when 'error_class' then u.error_class
                    when 'agent' then (select r.agent_id::text from view.runs r where r.tenant_id = u.tenant_id and r.run_id = u.run_id)
                    when 'role' then (select r.shown -> 'asked_by' ->> 'role' from view.runs r where r.tenant_id = u.tenant_id and r.run_id = u.run_id)
                    when 'day' then to_char(u.called_at at time zone 'UTC', 'YYYY-MM-DD') end as key,
            u.*
       from view.model_usage u
      where u.tenant_id = $1 and u.called_at >= $2::timestamptz and u.called_at < $3::timestamptz
        and ($4::uuid is null or u.project_id = $4)
   )
   select ${headPosition} as position, summed.is_total, row_to_json(summed.*)::text as text
     from (
       select grouping(u.key) = 1 as is_total, u.key, count(distinct u.run_id) as runs, count(*) as calls,
              count(u.error_class) as failed_calls, coalesce(sum(u.input_tokens), 0) as input_tokens,
              coalesce(sum(u.cached_tokens), 0) as cached_tokens, coalesce(sum(u.output_tokens), 0) as output_tokens,
              coalesce(sum(u.reasoning_tokens), 0) as reasoning_tokens, coalesce(sum(u.cost_micros), 0) as cost_micros,
              round(percentile_cont(0.5) within group (order by u.latency_ms) filter (where u.error_class is null)) as latency_p50_ms,
              round(percentile_cont(0.95) within group (order by u.latency_ms) filter (where u.error_class is null)) as latency_p95_ms
         from usage u
        group by grouping sets ((u.key), ())
     ) summed
    order by summed.is_total desc, (summed.cost_micros) desc, summed.key
    limit ${mostRows + 1}`,
);

/** A sum as JSON, with the position of the log that it was made at. */
export interface SumRow extends Record<string, unknown> {
  readonly position: number;
  readonly text: string;
}

type Sum<Total> = Total & { readonly is_total: boolean; readonly key: string | null };

/** The total first, then the dearest. */
export async function sumModelUsage(
  database: Database,
  tenantId: string,
  { from, to, projectId, by }: Range & { readonly by: (typeof usageGroups)[number] },
): Promise<Summed<Static<typeof UsageRow>, Static<typeof UsageTotal>>> {
  const rows = await database.read<SumRow>(tenantId, usageStatement, [tenantId, from, to, projectId, by]);
  const { rows: told, total, position } = toldApart<Static<typeof UsageTotal>>(rows);
  const shared = told.map((row) => ({
    ...row,
    calls_share: shareOf(row.calls, total.calls) ?? 0,
    cost_share: shareOf(row.cost_micros, total.cost_micros),
  }));
  return { position, rows: shared, total };
}

function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

/** The row over all comes first. */
export function toldApart<Total extends object>(
  rows: readonly SumRow[],
): Summed<Total & { key: string | null }, Total> {
  const sums = rows.map(({ text }) => JSON.parse(text) as Sum<Total>);
  const [first, ...others] = sums.map(({ is_total: _isTotal, ...sum }) => sum);
  if (first === undefined) throw new Error('sums came without their total');
  const { key: _key, ...total } = first;
  return {
    position: rows[0]?.position ?? 0,
    rows: others as unknown as (Total & { key: string | null })[],
    total: total as unknown as Total,
  };
}
