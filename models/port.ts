// What a model is asked and what it answers, whoever makes it.
import type { TSchema } from 'typebox';
import type { JsonObject } from '../kernel/event.ts';

/** What a model may call instead of answering at once. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: TSchema;
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** A call as it is told again, under an id that its result refers to. */
export interface NamedToolCall extends ToolCall {
  readonly id: string;
}

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls?: readonly NamedToolCall[] }
  /** What came of a call. */
  | { readonly role: 'tool'; readonly id: string; readonly name: string; readonly text: string };

export interface ModelRequest {
  readonly model: string;
  /** What the answer is for, and which one for that it is; providers of others are not told. */
  readonly purpose: string;
  readonly nth: number;
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens: number;
  readonly temperature?: number;
  /** The answer is JSON of this shape; whoever asked checks it. */
  readonly shape?: { readonly name: string; readonly schema: TSchema };
  /** Whether and which of them are called is up to the model. */
  readonly tools?: readonly ModelTool[];
  /** Equal for the same question of the same run, so that a provider that knows it need not answer twice. */
  readonly idempotencyKey: string;
  readonly signal?: AbortSignal;
  /** Told of each piece of the answer as it comes. */
  readonly onText?: (piece: string) => void;
}

export interface ModelTokens {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface ModelAnswer {
  /** May be empty beside calls. */
  readonly text: string;
  /** Of the tools that were offered, with arguments of their shape. */
  readonly calls: readonly ToolCall[];
  readonly servedModel: string | null;
  /** Null when the provider does not tell. */
  readonly tokens: ModelTokens | null;
  readonly finishReason: string;
  readonly latencyMs: number;
  readonly firstTokenMs: number | null;
}

export const modelFailures = [
  'limited',
  'unavailable',
  'timeout',
  'refused',
  'unauthorized',
  /** The request was not taken: no such model, or not of a form that the provider knows. */
  'rejected',
  /** The answer is not of the form that was asked for. */
  'invalid',
  /** A tool was called that was not offered. */
  'tool_unknown',
  /** A tool was called with arguments that are not of its shape, or more often at once than is heard. */
  'tool_invalid',
  'truncated',
  'aborted',
] as const;
export type ModelFailureKind = (typeof modelFailures)[number];

interface FailureExtra {
  readonly retryAfterMs?: number | null;
  readonly tokens?: ModelTokens | null;
  readonly isFree?: boolean;
  readonly text?: string | null;
}

/** Why there is no answer. Whether to ask again, and whom, is decided by whoever asked. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly kind: ModelFailureKind;
  /** As the provider wished, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** What was used all the same, where the provider told. */
  readonly tokens: ModelTokens | null;
  /** The provider never got the question or turned it away at once, so it counted nothing. */
  readonly isFree: boolean;
  /** What there is of an answer that is of no use. */
  readonly text: string | null;

  constructor(kind: ModelFailureKind, detail: string, extra: FailureExtra = {}) {
    super(detail);
    this.kind = kind;
    this.retryAfterMs = extra.retryAfterMs ?? null;
    this.tokens = extra.tokens ?? null;
    this.isFree = extra.isFree ?? false;
    this.text = extra.text ?? null;
  }
}

/** One provider. It asks once: it neither tries again nor asks another. */
export interface ModelPort {
  ask(request: ModelRequest): Promise<ModelAnswer>;
}
