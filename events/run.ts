// Run: work that agents do, step by step. Its state is all that is needed to know the next step.
import type { Static } from 'typebox';
import type { Role } from '../kernel/actor.ts';
import { born, defineStream, type EventType, when } from '../kernel/stream.ts';
import type { Judgement } from '../kernel/verification.ts';
import type { Complexity, Content, ErrorClass, Subtask, stopReasons } from './run-fact.ts';
import {
  RunApproved,
  RunCancelled,
  RunCancelRequested,
  RunClassified,
  RunCodeGenerated,
  RunCodeMerged,
  RunExecutionFinished,
  RunExecutionStarted,
  RunFailed,
  RunFixApplied,
  RunModelCalled,
  RunPlanned,
  RunRequested,
  RunRested,
  RunReviewCompleted,
  RunSucceeded,
  RunTaken,
  RunToolUsed,
  RunVerificationJudged,
} from './run-fact.ts';

export const runStatuses = [
  'awaiting_approval',
  'queued',
  'running',
  'resting',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Who asked for it; an agent where it was one. */
export interface Asker {
  readonly agent_id: string | null;
  readonly role: Role | null;
}

export type Execution = Omit<Static<typeof RunExecutionFinished.shape>, 'fence' | 'candidate'>;
export type Review = Omit<Static<typeof RunReviewCompleted.shape>, 'fence' | 'candidate'>;

export interface Candidate {
  readonly number: number;
  /** The candidate that it mends; null for the first. */
  readonly of: number | null;
  readonly code: Content;
  /** Executions begun, whatever became of them. */
  readonly tries: number;
  /** The last one that was not our fault. */
  readonly execution: Execution | null;
  /** Executions in a row that broke on our side. */
  readonly broken: number;
  /** Rests taken because of those. */
  readonly rests: number;
  readonly review: Review | null;
}

/** An answer of a model that is in the log. */
export interface KeptAnswer {
  readonly text: Content;
  readonly calls: NonNullable<Static<typeof RunModelCalled.shape>['tool_calls']>;
}

export interface Run extends Static<typeof RunRequested.shape> {
  readonly asked_by: Asker;
  readonly status: RunStatus;
  readonly fence: number;
  readonly worker: string | null;
  /** Set by whoever takes the run first. */
  readonly deadline_at: string | null;
  readonly is_cancelling: boolean;
  readonly resting: { readonly until: string; readonly reason: string } | null;
  readonly complexity: Static<typeof Complexity> | null;
  readonly subtasks: readonly Static<typeof Subtask>[] | null;
  /** By subtask. */
  readonly parts: Readonly<Record<string, Content>>;
  readonly candidates: readonly Candidate[];
  /** Of a run of the kind `verify`; null until it is known. */
  readonly judgement: Judgement | null;
  /** Rests that such a run took because its sandbox broke. Those of other runs are counted by candidate. */
  readonly breaks: number;
  readonly calls: number;
  readonly cost_micros: number;
  /** Answers of models whose price nobody knew. */
  readonly unpriced: number;
  /** Calls of models, executions and tools that models called, and those of them that ended in an error that is not the code's. */
  readonly tool_uses: number;
  readonly tool_errors: number;
  /** Of the step that is under way, by `answerKey`: what was answered once is not asked again by whoever repeats it. */
  readonly answers: Readonly<Record<string, KeptAnswer>>;
  /** Of the same step, by `useKey`: what tools gave. */
  readonly uses: Readonly<Record<string, Content>>;
  readonly outcome: {
    readonly reason: 'solved' | 'cancelled' | (typeof stopReasons)[number];
    readonly best: number | null;
    readonly detail: string;
  } | null;
}

export type RunErrorClass = Static<typeof ErrorClass>;

export function answerKey(purpose: string, prompt: Content): string {
  return `${purpose} ${prompt.sha256}`;
}

export function useKey(tool: string, given: Content): string {
  return `${tool} ${given.sha256}`;
}

/** What is known of a step that is over is of no use to another one. */
const stepOver = { answers: {}, uses: {} } as const;

/** Of what was executed, that which passed most tests, and of those with as many the one with fewer errors; the earliest wins. */
export function bestCandidate({ candidates }: Run): number | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) if (best === null || isBetter(candidate, best)) best = candidate;
  return best?.number ?? null;
}

function isBetter({ execution: one }: Candidate, { execution: other }: Candidate): boolean {
  if (one === null || other === null) return one !== null;
  if (one.is_solved !== other.is_solved) return one.is_solved;
  const [passed, least] = [one.tests?.passed ?? 0, other.tests?.passed ?? 0];
  if (passed !== least) return passed > least;
  return errorsOf(one) < errorsOf(other);
}

/** Where the end of the tests was not observed, nothing is known of how much is wrong. */
function errorsOf({ tests }: Execution): number {
  return tests === null ? Infinity : tests.errors;
}

function withCandidate(run: Run, number: number, change: (candidate: Candidate) => Candidate): Run {
  return {
    ...run,
    candidates: run.candidates.map((candidate) => (candidate.number === number ? change(candidate) : candidate)),
  };
}

function added(run: Run, number: number, of: number | null, code: Content): Run {
  const candidate = { number, of, code, tries: 0, execution: null, broken: 0, rests: 0, review: null };
  return { ...run, candidates: [...run.candidates, candidate] };
}

function executed(candidate: Candidate, execution: Execution): Candidate {
  if (execution.verdict === 'sandbox_error') return { ...candidate, broken: candidate.broken + 1 };
  return { ...candidate, execution, broken: 0, rests: 0 };
}

function used(run: Run, isError: boolean): Run {
  return { ...run, tool_uses: run.tool_uses + 1, tool_errors: run.tool_errors + (isError ? 1 : 0) };
}

function rested(run: Run, until: string, reason: string): Run {
  const resting: Run = { ...run, status: 'resting', worker: null, resting: { until, reason } };
  const last = run.candidates.at(-1);
  if (reason !== 'sandbox_error') return resting;
  if (last === undefined) return { ...resting, breaks: run.breaks + 1 };
  return withCandidate(resting, last.number, (one) => ({ ...one, rests: one.rests + 1 }));
}

export const runStream = defineStream<Run>('run', [
  born(RunRequested, (data, { actor }) => ({
    ...data,
    asked_by: { agent_id: (actor['agent_id'] ?? null) as string | null, role: (actor['role'] ?? null) as Role | null },
    status: data.needs_approval ? 'awaiting_approval' : 'queued',
    fence: 0,
    worker: null,
    deadline_at: null,
    is_cancelling: false,
    resting: null,
    complexity: null,
    subtasks: null,
    parts: {},
    candidates: [],
    judgement: null,
    breaks: 0,
    calls: 0,
    cost_micros: 0,
    unpriced: 0,
    ...stepOver,
    tool_uses: 0,
    tool_errors: 0,
    outcome: null,
  })),
  when(RunApproved, (run) => ({ ...run, status: 'queued' })),
  when(RunTaken, (run, taken) => ({ ...run, ...taken, status: 'running', resting: null })),
  when(RunRested, (run, { until, reason }) => rested(run, until, reason)),
  when(RunClassified, (run, { complexity }) => ({ ...run, complexity, ...stepOver })),
  when(
    RunModelCalled,
    (run, { purpose, prompt, output, error, cost_micros, price_version, tool_calls: calls = [] }) => ({
      ...used(run, error !== null),
      unpriced: run.unpriced + (error === null && price_version === null ? 1 : 0),
      calls: run.calls + 1,
      cost_micros: run.cost_micros + cost_micros,
      answers:
        output === null || error !== null
          ? run.answers
          : { ...run.answers, [answerKey(purpose, prompt)]: { text: output, calls } },
    }),
  ),
  when(RunToolUsed, (run, { tool, arguments: given, result, verdict }) => ({
    ...used(run, verdict === null || verdict === 'sandbox_error'),
    uses: { ...run.uses, [useKey(tool, given)]: result },
  })),
  when(RunPlanned, (run, { subtasks }) => ({ ...run, subtasks, ...stepOver })),
  when(RunCodeGenerated, (run, { subtask, code }) => ({
    ...run,
    parts: { ...run.parts, [subtask]: code },
    ...stepOver,
  })),
  when(RunCodeMerged, (run, { candidate, code }) => added(run, candidate, null, code)),
  when(RunFixApplied, (run, { candidate, of, code }) => added(run, candidate, of, code)),
  when(RunExecutionStarted, (run, { candidate }) =>
    withCandidate(run, candidate, (one) => ({ ...one, tries: one.tries + 1 })),
  ),
  when(RunExecutionFinished, (run, { fence: _fence, candidate, ...execution }) =>
    withCandidate(used(run, execution.verdict === 'sandbox_error'), candidate, (one) => executed(one, execution)),
  ),
  when(RunReviewCompleted, (run, { fence: _fence, candidate, ...review }) => ({
    ...withCandidate(run, candidate, (one) => ({ ...one, review })),
    ...stepOver,
  })),
  when(RunVerificationJudged, (run, { fence: _fence, ...judgement }) => ({ ...run, judgement })),
  when(RunCancelRequested, (run) => ({ ...run, is_cancelling: true })),
  when(RunSucceeded, (run, { candidate }) => ({
    ...run,
    status: 'succeeded',
    worker: null,
    outcome: { reason: 'solved', best: candidate, detail: '' },
  })),
  when(RunFailed, (run, { reason, detail, best }) => ({
    ...run,
    status: 'failed',
    worker: null,
    outcome: { reason, best, detail },
  })),
  when(RunCancelled, (run, { best }) => ({
    ...run,
    status: 'cancelled',
    worker: null,
    outcome: { reason: 'cancelled', best, detail: '' },
  })),
]);

/** What whoever has taken a run may write down. */
export const stepFacts: readonly EventType[] = [
  RunRested,
  RunClassified,
  RunModelCalled,
  RunToolUsed,
  RunPlanned,
  RunCodeGenerated,
  RunCodeMerged,
  RunFixApplied,
  RunExecutionStarted,
  RunExecutionFinished,
  RunReviewCompleted,
  RunVerificationJudged,
  RunSucceeded,
  RunFailed,
  RunCancelled,
];
