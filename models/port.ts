// What a model is asked and what it answers, whoever makes it.
import type { TSchema } from 'typebox';

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
}

export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly maxOutputTokens: number;
  readonly temperature?: number;
  /** The answer is JSON of this shape; whoever asked checks it. */
  readonly shape?: { readonly name: string; readonly schema: TSchema };
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
  readonly text: string;
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
  'invalid',
  'truncated',
  'aborted',
] as const;

/** Why there is no answer. Whether to ask again, and whom, is decided by whoever asked. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  readonly kind: (typeof modelFailures)[number];
  /** As the provider wished, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** What was used all the same, where the provider told. */
  readonly tokens: ModelTokens | null;

  constructor(
    kind: (typeof modelFailures)[number],
    detail: string,
    extra: { readonly retryAfterMs?: number | null; readonly tokens?: ModelTokens | null } = {},
  ) {
    super(detail);
    this.kind = kind;
    this.retryAfterMs = extra.retryAfterMs ?? null;
    this.tokens = extra.tokens ?? null;
  }
}

/** One provider. It asks once: it neither tries again nor asks another. */
export interface ModelPort {
  ask(request: ModelRequest): Promise<ModelAnswer>;
}
