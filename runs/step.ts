// What a run does next, and what whoever does it is given and gives back.
import type { Static, TSchema } from 'typebox';
import type { ModelMessage, ModelTool, ToolCall } from '../models/port.ts';
import type { SandboxRequest, SandboxResult } from '../sandbox/port.ts';
import type { Run } from '../events/run.ts';
import type { Thresholds } from '../events/model-routing.ts';
import type { Content, stopReasons } from '../events/run-fact.ts';
import type { JsonObject } from '../kernel/event.ts';
import type { EventType } from '../kernel/stream.ts';

/** Decided by `next(run, now)` from the state alone. */
export type Step =
  | { readonly kind: 'classify' }
  | { readonly kind: 'plan' }
  | { readonly kind: 'code'; readonly subtask: string }
  | { readonly kind: 'merge' }
  | { readonly kind: 'execute'; readonly candidate: number }
  | { readonly kind: 'review'; readonly candidate: number }
  | { readonly kind: 'repair'; readonly candidate: number }
  | { readonly kind: 'verify' }
  | { readonly kind: 'succeed'; readonly candidate: number | null }
  | {
      readonly kind: 'fail';
      readonly reason: (typeof stopReasons)[number];
      readonly detail: string;
      readonly best: number | null;
    }
  | { readonly kind: 'rest'; readonly untilMs: number; readonly reason: 'sandbox_error' }
  | { readonly kind: 'none' };

/** A fact without its fence, which the engine adds. */
export interface StepFact {
  readonly kind: EventType;
  readonly data: JsonObject;
}

export function fact<Shape extends TSchema>(kind: EventType<Shape>, data: Omit<Static<Shape>, 'fence'>): StepFact {
  return { kind, data };
}

/** The question of a step. The engine routes it, reserves its price, asks, falls back, and records each attempt. */
export interface Question {
  readonly purpose: 'classify' | 'plan' | 'code' | 'review';
  /** Of the instructions; what is asked for the same state of a run is always the same. */
  readonly promptVersion: string;
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens: number;
  readonly shape?: { readonly name: string; readonly schema: TSchema };
  /** What may be called instead of answering. */
  readonly tools?: readonly ModelTool[];
}

export type Asked =
  /** With calls it is no answer yet. */
  | { readonly text: string; readonly calls?: readonly ToolCall[] }
  /** All attempts failed, the money is used up, or the calls are. */
  | { readonly stop: 'model_error' | 'budget' | 'attempts'; readonly detail: string };

/** A question as the engine hands it to whoever asks models. */
export interface Asking {
  readonly tenantId: string;
  readonly runId: string;
  /** As it was when the question came up. */
  readonly run: Run;
  readonly question: Question;
  /** The question, kept. */
  readonly prompt: Content;
  readonly signal: AbortSignal;
  onText(piece: string): void;
  /** Writes a call down, before anything is made of its answer. */
  record(fact: StepFact): Promise<void>;
}

export type Asker = (asking: Asking) => Promise<Asked>;

/** All that a step may use of the world. */
export interface StepWorld {
  readonly run: Run;
  readonly runId: string;
  readonly tenantId: string;
  /** Aborted when the run is cancelled, its deadline passes, or the worker lost it. */
  readonly signal: AbortSignal;
  ask(question: Question): Promise<Asked>;
  /** Rejects with SandboxUnavailable when no allowed tier works here. */
  execute(request: SandboxRequest): Promise<SandboxResult>;
  /** Writes facts down before the step goes on, such as that an execution began. */
  note(facts: readonly StepFact[]): Promise<void>;
  keep(bytes: string | Buffer): Promise<Content>;
  read(content: Content): Promise<Buffer>;
  /** Live output, for whoever watches. */
  tell(delta: JsonObject): void;
  /** From which score on a task is medium or hard. */
  thresholds(): Promise<Thresholds>;
  now(): number;
}

/** Does one step and gives back what came of it, which the engine writes down. */
export type StepPerformer = (world: StepWorld, step: Step) => Promise<readonly StepFact[]>;
