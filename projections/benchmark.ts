// Benchmarks as people read them, and the result of each of their runs.
import { type Static, Type } from 'typebox';
import { RunFigures, runResultFields } from '../kernel/run-result.ts';
import { Timestamp, viewFrame } from '../kernel/shape.ts';
import {
  type Benchmark,
  benchmarkFields,
  BenchmarkResultRecorded,
  benchmarkStatuses,
  benchmarkStream,
} from '../events/benchmark.ts';
import { benchmarkNameTaken, firstOfSample } from '../policies/benchmark.ts';
import type { Database } from '../sql/database.ts';
import { type InlineView, type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow, showResult } from './object.ts';
import { greatestId, headPosition, type Listed, listQuery, type PageRequest, readPage, readPageOf } from './page.ts';

const closed = { additionalProperties: false } as const;
const BenchmarkStatus = Type.Enum([...benchmarkStatuses]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const BenchmarkView = Type.Object(
  {
    ...viewFrame,
    ...benchmarkFields,
    status: BenchmarkStatus,
    recorded: Count,
    solved: Count,
    cost_micros: Count,
    figures: Type.Union([RunFigures, Type.Null()], { description: 'Null until it is finished' }),
  },
  closed,
);
export const BenchmarkResultView = Type.Object({ ...runResultFields, recorded_at: Timestamp }, closed);

export function benchmarkText(benchmark: Benchmark): Omit<Static<typeof BenchmarkView>, keyof typeof viewFrame> {
  const { results, status, figures, ...told } = benchmark;
  return {
    ...told,
    status,
    recorded: results.length,
    solved: results.filter(({ is_solved }) => is_solved).length,
    cost_micros: results.reduce((total, { cost_micros }) => total + cost_micros, 0),
    figures,
  };
}

export const benchmarkInline = rowPerStream('benchmark', benchmarkStream, (benchmark) => ({
  name: benchmark.name,
  problem_set: benchmark.problem_set,
  status: benchmark.status,
  shown: benchmarkText(benchmark),
}));

export const benchmarkResultInline: InlineView<Benchmark> = {
  name: 'benchmark_result',
  stream: benchmarkStream,
  project: ({ id, facts }) =>
    facts
      .filter(({ type }) => type === BenchmarkResultRecorded.type)
      .map(({ version, data }) => {
        const { run_id, problem, sample } = data as Static<typeof BenchmarkResultRecorded.shape>;
        // Of one benchmark, each result is a row of its own.
        return { id, kind: String(version), version, run_id, problem, sample, shown: data };
      }),
};

interface BenchmarkRow extends ObjectRow {
  /** JSON text. */
  readonly shown: string;
}

const columns = 'b.benchmark_id as id, b.version, b.created_at, b.updated_at, b.shown::text as shown';

function show(row: BenchmarkRow): string {
  return `{${frameText(row)},${row.shown.slice(1)}`;
}

const byId = statement(
  'find_benchmark',
  `select ${headPosition} as position, ${columns}
     from view.benchmarks b where b.tenant_id = $1 and b.benchmark_id = $2`,
);

export function findBenchmark(database: Database, tenantId: string, id: string): Promise<Found | null> {
  return findObject(database, byId, { tenantId, id, show });
}

export const benchmarkFilters = {
  name: Type.Optional(benchmarkFields.name),
  problem_set: Type.Optional(benchmarkFields.problem_set),
  status: Type.Optional(BenchmarkStatus),
} as const;

export interface BenchmarkFilters {
  readonly name?: string;
  readonly problem_set?: string;
  readonly status?: Benchmark['status'];
}

const latestFirst = listQuery({
  name: 'list_benchmarks',
  columns,
  source: `from view.benchmarks b
          where b.tenant_id = $1 and ($4::text is null or b.name = $4) and ($5::text is null or b.problem_set = $5)
            and ($6::text is null or b.status = $6)`,
  after: 'b.benchmark_id < $3::uuid',
  order: ['id'],
  backwards: true,
});

export async function listBenchmarks(
  database: Database,
  tenantId: string,
  filters: BenchmarkFilters,
  page: PageRequest,
): Promise<Listed> {
  const { name = null, problem_set = null, status = null } = filters;
  const values = [page.after?.[0] ?? greatestId, name, problem_set, status];
  return readPage(database, latestFirst, { tenantId, page, values, show });
}

const asRecorded = listQuery({
  name: 'list_benchmark_results',
  parent: '(select b.benchmark_id from view.benchmarks b where b.tenant_id = $1 and b.benchmark_id = $3) as parent',
  columns: 'r.version, r.recorded_at, r.shown::text as shown',
  source: 'from view.benchmark_results r where r.tenant_id = $1 and r.benchmark_id = $3',
  after: 'r.version > $4::integer',
  order: ['version'],
});

/** Null when there is no such benchmark. */
export function listResults(
  database: Database,
  tenantId: string,
  id: string,
  page: PageRequest,
): Promise<Listed | null> {
  const values = [id, page.after?.[0] ?? 0];
  return readPageOf(database, asRecorded, { tenantId, page, values, show: showResult });
}

/** The key holds all that its decider compares, as the row of a run shows it. */
const firstAsked = `(
  select r.run_id::text
    from (select $2::json as k) asked
    join view.runs r on r.tenant_id = $1 and r.sample_of = asked.k ->> 0
    join ledger.events e on e.tenant_id = $1 and e.stream_type = 'run' and e.stream_id = r.run_id and e.version = 1
   where (r.shown ->> 'retry_of') is null and r.shown ->> 'model' is not distinct from asked.k ->> 1
     and r.shown -> 'limits' ->> 'max_repairs' = asked.k ->> 2
     and r.shown -> 'limits' ->> 'cap_micros' is not distinct from asked.k ->> 3
     and (r.shown -> 'tiers')::text = asked.k ->> 4
   order by e.position
   limit 1)`;

export const benchmarkLookups: readonly LookupLoader[] = [
  { definition: firstOfSample, load: loadAtHead('first_of_sample', firstAsked) },
  {
    definition: benchmarkNameTaken,
    load: loadAtHead(
      'benchmark_name_taken',
      `exists (select from view.benchmarks b where b.tenant_id = $1 and b.name = $2 and b.status = 'open')`,
    ),
  },
];
