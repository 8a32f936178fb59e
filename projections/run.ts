// Runs as people read them.
import { type Static, Type } from 'typebox';
import { roles } from '../kernel/actor.ts';
import { Id, Timestamp, viewFrame } from '../kernel/shape.ts';
import { type Candidate, type Run, runStatuses, runStream } from '../events/run.ts';
import {
  Complexity,
  ErrorClass,
  Micros,
  RunExecutionFinished,
  RunRequested,
  RunTier,
  RunTool,
  runVerdicts,
  stopReasons,
  Subtask,
} from '../events/run-fact.ts';
import { openRuns } from '../policies/run.ts';
import type { Database } from '../sql/database.ts';
import { type LookupLoader, rowPerStream } from '../sql/registry.ts';
import { statement } from '../sql/statement.ts';
import { loadAtHead } from './lookup.ts';
import { type Found, findObject, frameText, type ObjectRow } from './object.ts';
import { greatestId, headPosition, type Listed, listQuery, type PageRequest, readPage } from './page.ts';

const closed = { additionalProperties: false } as const;
const {
  kind,
  project_id,
  story_id,
  language,
  prompt,
  model,
  tiers,
  limits,
  classify,
  needs_approval,
  retry_of,
  labels,
} = RunRequested.shape.properties;
export const RunStatus = Type.Enum([...runStatuses]);

const CandidateView = Type.Object(
  {
    number: Type.Integer({ minimum: 1 }),
    of: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description: 'The candidate that it mends' }),
    tries: Type.Integer({ minimum: 0 }),
    is_solved: Type.Boolean(),
    tier: Type.Union([RunTier, Type.Null()], { description: 'Null until it was executed, like what follows' }),
    verdict: Type.Union([Type.Enum([...runVerdicts]), Type.Null()]),
    tests: RunExecutionFinished.shape.properties.tests,
    error_class: Type.Union([ErrorClass, Type.Null()]),
    confidence: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description: 'Of its review in the fix',
    }),
  },
  closed,
);

const nullable = <Shape extends Parameters<typeof Type.Union>[0][number]>(shape: Shape) =>
  Type.Union([shape, Type.Null()]);

const shownFields = {
  kind,
  asked_by: Type.Object({ agent_id: nullable(Id), role: nullable(Type.Enum([...roles])) }, closed),
  status: RunStatus,
  project_id,
  story_id,
  language,
  has_tests: Type.Boolean(),
  model,
  tiers,
  limits,
  classify,
  tools: Type.Array(RunTool, { maxItems: 1 }),
  needs_approval,
  retry_of,
  labels,
  is_cancelling: Type.Boolean({ description: 'Somebody asked for its end, which is near' }),
  deadline_at: nullable(Timestamp),
  resting: nullable(Type.Object({ until: Timestamp, reason: Type.String({ maxLength: 40 }) }, closed)),
  complexity: nullable(Complexity),
  subtasks: nullable(Type.Array(Subtask, { maxItems: 6 })),
  candidates: Type.Array(CandidateView, { maxItems: 100 }),
  calls: Type.Integer({ minimum: 0, description: 'Of models, failed ones as well' }),
  cost_micros: Micros,
  outcome: nullable(
    Type.Object(
      {
        reason: Type.Enum(['solved', 'cancelled', ...stopReasons]),
        best: nullable(Type.Integer({ minimum: 1 })),
        detail: Type.String({ maxLength: 2_000 }),
      },
      closed,
    ),
  ),
} as const;

/** As lists show it. */
export const RunSummary = Type.Object({ ...viewFrame, ...shownFields }, closed);
export const RunView = Type.Object({ ...viewFrame, prompt, ...shownFields }, closed);

type Shown = Omit<Static<typeof RunSummary>, keyof typeof viewFrame>;

function candidateText({ number, of, tries, execution, review }: Candidate): Shown['candidates'][number] {
  return {
    number,
    of,
    tries,
    is_solved: execution?.is_solved ?? false,
    tier: execution?.tier ?? null,
    verdict: execution?.verdict ?? null,
    tests: execution?.tests ?? null,
    error_class: execution?.error_class ?? null,
    confidence: review?.confidence ?? null,
  };
}

function shownOf(run: Run): Shown {
  return {
    kind: run.kind,
    asked_by: run.asked_by,
    status: run.status,
    project_id: run.project_id,
    story_id: run.story_id,
    language: run.language,
    has_tests: run.tests !== null,
    model: run.model,
    tiers: run.tiers,
    limits: run.limits,
    classify: run.classify,
    tools: run.tools ?? [],
    needs_approval: run.needs_approval,
    retry_of: run.retry_of,
    labels: run.labels,
    is_cancelling: run.is_cancelling && run.outcome === null,
    deadline_at: run.deadline_at,
    resting: run.resting,
    complexity: run.complexity,
    subtasks: run.subtasks === null ? null : [...run.subtasks],
    candidates: run.candidates.map(candidateText),
    calls: run.calls,
    cost_micros: run.cost_micros,
    outcome: run.outcome,
  };
}

/** With what lists leave out. */
export function runText(run: Run): Omit<Static<typeof RunView>, keyof typeof viewFrame> {
  return { prompt: run.prompt, ...shownOf(run) };
}

export const runInline = rowPerStream('run', runStream, (run) => ({
  kind: run.kind,
  status: run.status,
  project_id: run.project_id,
  story_id: run.story_id,
  agent_id: run.asked_by.agent_id,
  prompt: run.prompt,
  labels: run.labels,
  fence: run.fence,
  rests_until: run.resting?.until ?? null,
  shown: shownOf(run),
}));

export interface RunRow extends ObjectRow {
  readonly shown: string;
  readonly prompt: string;
}

export const runColumns = 'r.run_id as id, r.version, r.created_at, r.updated_at, r.shown::text as shown';

export function summaryText(row: RunRow): string {
  return `{${frameText(row)},${row.shown.slice(1)}`;
}

const byId = statement(
  'find_run',
  `select ${headPosition} as position, ${runColumns}, r.prompt from view.runs r where r.tenant_id = $1 and r.run_id = $2`,
);

export function findRun(database: Database, tenantId: string, id: string): Promise<Found | null> {
  const show = (row: RunRow): string =>
    `{${frameText(row)},"prompt":${JSON.stringify(row.prompt)},${row.shown.slice(1)}`;
  return findObject(database, byId, { tenantId, id, show });
}

const inHand = statement(
  'run_in_hand',
  `select (r.shown ->> 'is_cancelling')::boolean as cancelling, exists (
     select from platform.run_watches w
      where w.tenant_id = r.tenant_id and w.run_id = r.run_id and w.watcher <> $3 and w.watched_until > clock_timestamp()
   ) as watched
     from view.runs r where r.tenant_id = $1 and r.run_id = $2`,
);

export interface RunInHand {
  /** Somebody asked for its end, which has not come yet. */
  readonly cancelling: boolean;
  /** Somebody watches it in another process than this one. */
  readonly watched: boolean;
}

export async function findRunInHand(
  database: Database,
  tenantId: string,
  id: string,
  watcher: string,
): Promise<RunInHand | null> {
  const [row] = await database.read<{ cancelling: boolean; watched: boolean }>(tenantId, inHand, [
    tenantId,
    id,
    watcher,
  ]);
  return row ?? null;
}

export const runFilters = {
  status: Type.Optional(RunStatus),
  kind: Type.Optional(kind),
  story_id: Type.Optional(Id),
  project_id: Type.Optional(Id),
  label: Type.Optional(
    Type.String({
      pattern: '^[a-z][a-z0-9_]{0,39}:',
      maxLength: 241,
      description: 'Name and value of a label, such as `benchmark:custom`',
    }),
  ),
} as const;

export interface RunFilters {
  readonly status?: Static<typeof RunStatus>;
  readonly kind?: Run['kind'];
  readonly story_id?: string;
  readonly project_id?: string;
  readonly label?: string;
}

const latestFirst = listQuery({
  name: 'list_runs',
  columns: runColumns,
  source: `from view.runs r
          where r.tenant_id = $1 and ($4::text is null or r.status = $4) and ($5::text is null or r.kind = $5)
            and ($6::uuid is null or r.story_id = $6) and ($7::uuid is null or r.project_id = $7)
            and ($8::text is null or r.labels ->> $8 = $9)`,
  after: 'r.run_id < $3::uuid',
  order: ['id'],
  backwards: true,
});

export async function listRuns(
  database: Database,
  tenantId: string,
  filters: RunFilters,
  page: PageRequest,
): Promise<Listed> {
  const { status = null, kind: wanted = null, story_id: story = null, project_id: project = null, label } = filters;
  const colon = label?.indexOf(':') ?? -1;
  const [name, value] = label === undefined ? [null, null] : [label.slice(0, colon), label.slice(colon + 1)];
  const values = [page.after?.[0] ?? greatestId, status, wanted, story, project, name, value];
  return readPage(database, latestFirst, { tenantId, page, values, show: summaryText });
}

export const runLookups: readonly LookupLoader[] = [
  {
    definition: openRuns,
    load: loadAtHead(
      'open_runs',
      `(select count(*) from view.runs r
         where r.tenant_id = $1 and r.status not in ('succeeded', 'failed', 'cancelled') and $2::text is not null)`,
    ),
  },
];
