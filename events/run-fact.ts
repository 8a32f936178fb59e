// What happens to a run, as facts. Whoever does a step of it writes down what came of it under the fence it holds.
import { Type } from 'typebox';
import { Content } from '../kernel/content.ts';
import { Digest } from '../kernel/digest.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { eventType } from '../kernel/stream.ts';
import { Judgement, VerificationOrder } from '../kernel/verification.ts';

const closed = { additionalProperties: false } as const;
const none = Type.Object({}, closed);

export { Content };

/** Money is counted in whole millionths of a US dollar, so that sums are exact. */
export const Micros = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Millionths of a US dollar',
});
const Milliseconds = Type.Integer({ minimum: 0 });
/** Of the worker that took the run; a worker with an older one is not heard. */
const fence = Type.Integer({ minimum: 1 });
const SubtaskId = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$', maxLength: 40 });
const Short = Type.String({ maxLength: 2_000 });
const CandidateNumber = Type.Integer({ minimum: 1, maximum: 1_000 });

const RunLanguage = Type.Enum(['python', 'javascript']);
/** As whoever asks says it, in full. */
export const askedFields = {
  prompt: Type.String({ minLength: 1, maxLength: 20_000, description: 'What is to be done' }),
  language: RunLanguage,
  tests: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200_000,
      description: 'A program that judges the code. No model ever sees it.',
    }),
  ),
} as const;
export const RunTier = Type.Enum(['docker', 'bubblewrap', 'wasm']);
export const Complexity = Type.Enum(['simple', 'medium', 'hard']);
export const ErrorClass = Type.Enum(['syntax', 'runtime', 'logic', 'import', 'timeout', 'memory']);
export const modelPurposes = ['classify', 'plan', 'code', 'review'] as const;
const ModelPurpose = Type.Enum([...modelPurposes]);
export const runVerdicts = [
  'ok',
  'nonzero',
  'timeout_wall',
  'timeout_cpu',
  'oom',
  'output_limit',
  'pids',
  'sandbox_error',
] as const;

/** What models of a run may call. */
export const RunTool = Type.Enum(['run_code']);

export const RunLimits = Type.Object(
  {
    max_repairs: Type.Integer({ minimum: 0, maximum: 10 }),
    /** Calls of models, failed ones as well. */
    max_calls: Type.Integer({ minimum: 1, maximum: 100 }),
    cap_micros: Type.Union([Micros, Type.Null()]),
    deadline_s: Type.Integer({ minimum: 1, maximum: 86_400 }),
    wall_ms: Type.Integer({ minimum: 100, maximum: 300_000 }),
    memory_bytes: Type.Integer({ minimum: 33_554_432, maximum: 2_147_483_648 }),
  },
  closed,
);

export const RunRequested = eventType(
  'run.requested',
  Type.Object(
    {
      kind: Type.Enum(['solve', 'verify']),
      project_id: Type.Union([Id, Type.Null()]),
      story_id: Type.Union([Id, Type.Null()]),
      language: RunLanguage,
      prompt: Type.String({ maxLength: 20_000 }),
      /** A program that judges the code; it is never shown to a model. */
      tests: Type.Union([Content, Type.Null()]),
      /** `<endpoint>/<model>` for every call, or null to route each by the tenant's settings. */
      model: Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()]),
      tiers: Type.Array(RunTier, { minItems: 1, maxItems: 3 }),
      limits: RunLimits,
      classify: Type.Enum(['heuristic', 'model']),
      /** None where it is not said. */
      tools: Type.Optional(Type.Array(RunTool, { maxItems: 1 })),
      needs_approval: Type.Boolean(),
      retry_of: Type.Union([Id, Type.Null()]),
      /** What a run of the kind `verify` is to find out. */
      order: Type.Optional(VerificationOrder),
      /** Names under which runs are found again, such as a benchmark and its problem. */
      labels: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' }), Type.String({ maxLength: 200 }), {
        ...closed,
        maxProperties: 20,
      }),
    },
    closed,
  ),
  'Somebody asked for work to be done by agents.',
);

export const RunApproved = eventType('run.approved', none, 'A human let a run begin that waited for it.');
export const RunTaken = eventType(
  'run.taken',
  Type.Object({ worker: Type.String({ maxLength: 200 }), fence, deadline_at: Timestamp }, closed),
  'A worker goes on with a run. What a former one still writes is refused.',
);
export const RunRested = eventType(
  'run.rested',
  Type.Object(
    { fence, until: Timestamp, reason: Type.Enum(['model_unavailable', 'sandbox_error', 'worker_stopped']) },
    closed,
  ),
  'A run goes on later: what it needs was not there.',
);
export const RunClassified = eventType(
  'run.classified',
  Type.Object(
    {
      fence,
      complexity: Complexity,
      confidence: Type.Number({ minimum: 0, maximum: 1 }),
      by: Type.Enum(['heuristic', 'model']),
    },
    closed,
  ),
  'It was judged how hard the task is; that decides which models are asked.',
);

const Tokens = Type.Object(
  {
    input: Type.Integer({ minimum: 0 }),
    cached: Type.Integer({ minimum: 0 }),
    output: Type.Integer({ minimum: 0 }),
    reasoning: Type.Integer({ minimum: 0 }),
  },
  closed,
);

/** One question to one model, answered or not. */
export const RunModelCalled = eventType(
  'run.model_called',
  Type.Object(
    {
      fence,
      call: Type.Integer({ minimum: 1 }),
      purpose: ModelPurpose,
      /** Of those for the same answer: further ones are made when one fails, at another model in the end. */
      attempt: Type.Integer({ minimum: 1 }),
      endpoint: Type.String({ maxLength: 100 }),
      asked_model: Type.String({ maxLength: 200 }),
      served_model: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
      prompt: Content,
      /** Of the instructions that the prompt was made from, without the task. */
      prompt_version: Digest,
      output: Type.Union([Content, Type.Null()]),
      /** Tools that it called, in their order; their arguments are kept like prompts. */
      tool_calls: Type.Optional(
        Type.Array(Type.Object({ name: RunTool, arguments: Content }, closed), { minItems: 1, maxItems: 4 }),
      ),
      tokens: Type.Union([Tokens, Type.Null()]),
      /** Which prices it was settled with; null where the model costs nothing by its kind. */
      price_version: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
      reserved_micros: Micros,
      cost_micros: Micros,
      latency_ms: Milliseconds,
      first_token_ms: Type.Union([Milliseconds, Type.Null()]),
      finish_reason: Type.Union([Type.String({ maxLength: 40 }), Type.Null()]),
      error: Type.Union([Type.Object({ class: Type.String({ maxLength: 40 }), detail: Short }, closed), Type.Null()]),
    },
    closed,
  ),
  'A model was asked, and answered or not. Each attempt is one such event, with its own cost.',
);

export const RunToolUsed = eventType(
  'run.tool_used',
  Type.Object(
    {
      fence,
      purpose: ModelPurpose,
      tool: RunTool,
      arguments: Content,
      /** What the model is told of it. */
      result: Content,
      tier: Type.Union([RunTier, Type.Null()], { description: 'Null when no sandbox was there' }),
      verdict: Type.Union([Type.Enum([...runVerdicts]), Type.Null()]),
      run_ms: Milliseconds,
    },
    closed,
  ),
  'A tool was used because a model called it. Whoever repeats the step finds the result here.',
);

export const Subtask = Type.Object(
  {
    id: SubtaskId,
    title: Type.String({ minLength: 1, maxLength: 500 }),
    depends_on: Type.Array(SubtaskId, { maxItems: 6 }),
    complexity: Complexity,
  },
  closed,
);
export const RunPlanned = eventType(
  'run.planned',
  Type.Object({ fence, subtasks: Type.Array(Subtask, { minItems: 1, maxItems: 6 }) }, closed),
  'The task was split into parts; the last one puts them together.',
);
export const RunCodeGenerated = eventType(
  'run.code_generated',
  Type.Object({ fence, subtask: SubtaskId, code: Content }, closed),
  'A part of the plan was written.',
);
export const RunCodeMerged = eventType(
  'run.code_merged',
  Type.Object({ fence, candidate: CandidateNumber, code: Content }, closed),
  'All parts became one program: the first candidate.',
);
export const RunFixApplied = eventType(
  'run.fix_applied',
  Type.Object({ fence, candidate: CandidateNumber, of: CandidateNumber, code: Content }, closed),
  'What a review proposed became the next candidate.',
);
export const RunExecutionStarted = eventType(
  'run.execution_started',
  Type.Object({ fence, candidate: CandidateNumber, attempt: Type.Integer({ minimum: 1 }) }, closed),
  'A candidate goes into a sandbox.',
);

/** What the tests said of a candidate; only what was observed counts. */
const TestCounts = Type.Object(
  { passed: Type.Integer({ minimum: 0 }), failed: Type.Integer({ minimum: 0 }), errors: Type.Integer({ minimum: 0 }) },
  closed,
);
export const RunExecutionFinished = eventType(
  'run.execution_finished',
  Type.Object(
    {
      fence,
      candidate: CandidateNumber,
      tier: RunTier,
      verdict: Type.Enum([...runVerdicts]),
      exit_code: Type.Union([Type.Integer(), Type.Null()]),
      /** Null when there were none, or the end of them was not observed. */
      tests: Type.Union([TestCounts, Type.Null()]),
      is_solved: Type.Boolean(),
      error_class: Type.Union([ErrorClass, Type.Null()]),
      /** Equal for equal failures, whatever addresses and line numbers they name. */
      failure: Type.Union([Digest, Type.Null()]),
      /** What each failing test said, without its source. */
      failures: Type.Union([Content, Type.Null()]),
      stdout: Type.Union([Content, Type.Null()]),
      stderr: Type.Union([Content, Type.Null()]),
      ready_ms: Milliseconds,
      run_ms: Milliseconds,
      artifacts: Type.Array(Type.Object({ name: Type.String({ maxLength: 200 }), content: Content }, closed), {
        maxItems: 50,
      }),
      trouble: Type.Union([Short, Type.Null()]),
    },
    closed,
  ),
  'A candidate was executed. `sandbox_error` is ours and says nothing of the code.',
);
export const RunReviewCompleted = eventType(
  'run.review_completed',
  Type.Object(
    {
      fence,
      candidate: CandidateNumber,
      root_cause: Short,
      error_class: ErrorClass,
      fix: Short,
      /** Null when what was proposed does not even compile. */
      code: Type.Union([Content, Type.Null()]),
      confidence: Type.Number({ minimum: 0, maximum: 1 }),
      changes: Type.Array(Type.String({ maxLength: 500 }), { maxItems: 20 }),
    },
    closed,
  ),
  'A model said why a candidate failed and how to mend it.',
);

export const RunVerificationJudged = eventType(
  'run.verification_judged',
  Type.Object({ fence, ...Judgement.properties }, closed),
  'What was handed in was run again. It passed when nothing speaks against it.',
);

export const RunCancelRequested = eventType('run.cancel_requested', none, 'Somebody asked for a run to be ended.');
export const stopReasons = [
  'budget',
  'attempts',
  'stuck',
  'low_confidence',
  'deadline',
  'sandbox_unavailable',
  'sandbox_error',
  'model_error',
  'plan_invalid',
  'tests_invalid',
  'not_verified',
  'worker_failed',
] as const;
export const RunSucceeded = eventType(
  'run.succeeded',
  Type.Object({ fence, candidate: Type.Union([CandidateNumber, Type.Null()]) }, closed),
  'A run reached what it was asked for.',
);
export const RunFailed = eventType(
  'run.failed',
  Type.Object(
    { fence, reason: Type.Enum([...stopReasons]), detail: Short, best: Type.Union([CandidateNumber, Type.Null()]) },
    closed,
  ),
  'A run ended without it; the best candidate is named.',
);
export const RunCancelled = eventType(
  'run.cancelled',
  Type.Object(
    {
      /** Null when nobody had taken the run. */
      fence: Type.Union([fence, Type.Null()]),
      best: Type.Union([CandidateNumber, Type.Null()]),
    },
    closed,
  ),
  'A run was ended because somebody asked for it.',
);
