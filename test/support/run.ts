// Runs for tests: what is asked for, and the facts of each step with all that they must say.
import { createHash } from 'node:crypto';
import type { RequestRun } from '../../commands/run.ts';
import {
  type Content,
  RunClassified,
  RunCodeGenerated,
  RunCodeMerged,
  RunExecutionFinished,
  RunExecutionStarted,
  RunFixApplied,
  RunModelCalled,
  RunPlanned,
  RunReviewCompleted,
} from '../../events/run-fact.ts';
import type { JsonObject } from '../../kernel/event.ts';
import type { StepFact } from '../../runs/step.ts';

export function contentOf(text: string): Content {
  return { sha256: createHash('sha256').update(text).digest('hex'), size: Buffer.byteLength(text) };
}

export function runRequest(run_id: string, told: Partial<RequestRun> = {}): RequestRun {
  return { run_id, prompt: 'Write add(a, b).', language: 'python', tests: contentOf('assert add(1, 2) == 3'), ...told };
}

export function executed(candidate: number, told: JsonObject = {}): StepFact {
  const data = {
    candidate,
    tier: 'bubblewrap',
    verdict: 'ok',
    exit_code: 0,
    tests: { passed: 1, failed: 0, errors: 0 },
    is_solved: true,
    error_class: null,
    failure: null,
    failures: null,
    stdout: null,
    stderr: null,
    ready_ms: 5,
    run_ms: 20,
    artifacts: [],
    trouble: null,
  };
  return { kind: RunExecutionFinished, data: { ...data, ...told } };
}

export function modelCalled(call: number, told: JsonObject = {}): StepFact {
  const data = {
    call,
    purpose: 'code',
    attempt: 1,
    endpoint: 'scripted',
    asked_model: 'scripted',
    served_model: 'scripted',
    prompt: contentOf('the prompt'),
    prompt_version: contentOf('the instructions').sha256,
    output: contentOf('the output'),
    tokens: { input: 10, cached: 0, output: 5, reasoning: 0 },
    price_version: null,
    reserved_micros: 20,
    cost_micros: 7,
    latency_ms: 3,
    first_token_ms: 1,
    finish_reason: 'stop',
    error: null,
  };
  return { kind: RunModelCalled, data: { ...data, ...told } };
}

export const failure = { verdict: 'nonzero', exit_code: 1, is_solved: false, error_class: 'logic' } as const;

/** From nothing to a candidate that failed and was reviewed, and its mended successor. */
export const mendingFacts: readonly StepFact[] = [
  { kind: RunClassified, data: { complexity: 'simple', confidence: 0.9, by: 'heuristic' } },
  {
    kind: RunPlanned,
    data: { subtasks: [{ id: 'whole', title: 'All of it', depends_on: [], complexity: 'simple' }] },
  },
  modelCalled(1),
  { kind: RunCodeGenerated, data: { subtask: 'whole', code: contentOf('bug') } },
  { kind: RunCodeMerged, data: { candidate: 1, code: contentOf('bug') } },
  { kind: RunExecutionStarted, data: { candidate: 1, attempt: 1 } },
  executed(1, { ...failure, tests: { passed: 0, failed: 1, errors: 0 } }),
  {
    kind: RunReviewCompleted,
    data: {
      candidate: 1,
      root_cause: 'It subtracts.',
      error_class: 'logic',
      fix: 'Add instead.',
      code: contentOf('fix'),
      confidence: 0.9,
      changes: ['the operator'],
    },
  },
  { kind: RunFixApplied, data: { candidate: 2, of: 1, code: contentOf('fix') } },
];
