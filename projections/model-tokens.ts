// Tokens of calls, summed between points in time.
import type { Database } from '../sql/database.ts';
import { statement } from '../sql/statement.ts';
import type { Range } from './model-usage.ts';
import { headPosition } from './page.ts';

export interface TokensBetween {
  /** Of the point in time that they begin at, from 0. */
  readonly at: number;
  readonly calls: number;
  /** Whose tokens nobody counted. They are in none of the sums. */
  readonly unknown_calls: number;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly cost_micros: number;
}

const between = statement(
  'model_tokens_between',
  `select ${headPosition} as position, coalesce(json_agg(s order by s.at), '[]')::text as text
     from (
       select width_bucket(u.called_at, $5::timestamptz[]) - 1 as at, count(*) as calls,
              count(*) filter (where u.input_tokens is null or u.output_tokens is null) as unknown_calls,
              coalesce(sum(u.input_tokens) filter (where u.output_tokens is not null), 0) as input,
              coalesce(sum(u.cached_tokens) filter (where u.input_tokens is not null and u.output_tokens is not null), 0) as cached,
              coalesce(sum(u.output_tokens) filter (where u.input_tokens is not null), 0) as output,
              coalesce(sum(u.cost_micros) filter (where u.input_tokens is not null and u.output_tokens is not null), 0) as cost_micros
         from view.model_usage u
        where u.tenant_id = $1 and u.called_at >= $2::timestamptz and u.called_at < $3::timestamptz
          and ($4::uuid is null or u.project_id = $4)
        group by 1
     ) s`,
);

/** `times` ascend, and the first is the beginning of the range. */
export async function sumTokensBetween(
  database: Database,
  tenantId: string,
  { from, to, projectId }: Range,
  times: readonly string[],
): Promise<{ readonly position: number; readonly sums: readonly TokensBetween[] }> {
  const values = [tenantId, from, to, projectId, times];
  const [row] = await database.read<{ position: number; text: string }>(tenantId, between, values);
  if (row === undefined) throw new Error('the sums answered nothing');
  return { position: row.position, sums: JSON.parse(row.text) as TokensBetween[] };
}
