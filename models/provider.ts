// Providers that speak the protocols of OpenAI and Anthropic, by the AI SDK. It asks once; its own tries are off.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  jsonSchema,
  type LanguageModel,
  type LanguageModelUsage,
  Output,
  streamText,
  type TextStreamPart,
  type ToolSet,
} from 'ai';
import { type Fetch, limitBody } from './bounded-fetch.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { failureOf } from './failure.ts';
import { type ModelAnswer, ModelFailure, type ModelPort, type ModelRequest, type ModelTokens } from './port.ts';

export const providerKinds = ['openai', 'anthropic', 'compatible'] as const;

export interface ProviderOptions {
  readonly kind: (typeof providerKinds)[number];
  /** With the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Null where a server asks for none. */
  readonly secret: string | null;
  readonly fetch: Fetch;
  readonly firstTokenMs?: number;
  readonly totalMs?: number;
}

const defaultFirstTokenMs = 60_000;
const defaultTotalMs = 300_000;

// What the SDK has to say about a model's abilities goes to nobody's console.
globalThis.AI_SDK_LOG_WARNINGS = false;

export function openProvider(options: ProviderOptions): ModelPort {
  const { firstTokenMs = defaultFirstTokenMs, totalMs = defaultTotalMs } = options;
  const modelOf = modelsOf(options);
  return {
    async ask(request) {
      const deadline = startDeadline({ firstTokenMs, totalMs, signal: request.signal });
      const heard = new Heard(request);
      try {
        await listen(modelOf(request.model), request, { deadline, heard });
        return heard.answer();
      } catch (error) {
        throw deadline.failure(heard.text) ?? failureOf(error, heard);
      } finally {
        deadline.end();
      }
    },
  };
}

function modelsOf({ kind, baseUrl, secret, fetch }: ProviderOptions): (model: string) => LanguageModel {
  const shared = { baseURL: baseUrl, fetch: limitBody(fetch) as typeof globalThis.fetch };
  // A key that is given keeps the SDK from looking for one in the environment.
  if (kind === 'openai') return createOpenAI({ ...shared, apiKey: secret ?? 'none' });
  if (kind === 'anthropic') return createAnthropic({ ...shared, apiKey: secret ?? 'none' });
  const compatible = createOpenAICompatible({
    ...shared,
    name: 'compatible',
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(secret === null ? {} : { apiKey: secret }),
  });
  return (model) => compatible(model);
}

interface Listening {
  readonly deadline: Deadline;
  readonly heard: Heard;
}

async function listen(model: LanguageModel, request: ModelRequest, { deadline, heard }: Listening): Promise<void> {
  const { shape } = request;
  const { stream } = streamText({
    model,
    ...promptOf(request),
    maxRetries: 0,
    maxOutputTokens: request.maxOutputTokens,
    abortSignal: deadline.signal,
    headers: { 'idempotency-key': request.idempotencyKey },
    // Errors stand in the stream as well.
    onError: () => undefined,
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(shape === undefined ? {} : { output: Output.object({ name: shape.name, schema: jsonSchema(shape.schema) }) }),
  });
  for await (const part of stream) {
    if (part.type === 'text-delta' || part.type === 'reasoning-delta') deadline.spoken();
    heard.take(part);
  }
}

function promptOf({ messages }: ModelRequest) {
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => text);
  const said = messages.flatMap(({ role, text }) => (role === 'system' ? [] : [{ role, content: text }]));
  return { ...(system.length === 0 ? {} : { instructions: system.join('\n\n') }), messages: said };
}

/** What has come of an answer so far. */
class Heard {
  text = '';
  tokens: ModelTokens | null = null;
  private readonly request: ModelRequest;
  private readonly begun = performance.now();
  private firstTokenMs: number | null = null;
  private servedModel: string | null = null;
  private finishReason: string | null = null;

  constructor(request: ModelRequest) {
    this.request = request;
  }

  take(part: TextStreamPart<ToolSet>): void {
    if (part.type === 'text-delta') {
      this.firstTokenMs ??= this.sinceBegin();
      this.text += part.text;
      this.request.onText?.(part.text);
    } else if (part.type === 'error') {
      throw part.error;
    } else if (part.type === 'finish-step') {
      this.servedModel = part.response.modelId;
      this.finishReason = part.finishReason;
      this.tokens = tokensOf(part.usage);
    }
  }

  answer(): ModelAnswer {
    const { text, tokens, finishReason } = this;
    const fail = (kind: ModelFailure['kind'], detail: string): ModelFailure =>
      new ModelFailure(kind, detail, { tokens, text });
    if (finishReason === null || finishReason === 'other') throw fail('truncated', 'The answer broke off.');
    if (finishReason === 'length') throw fail('truncated', 'The answer is longer than was allowed.');
    if (finishReason === 'content-filter') throw fail('refused', 'The provider does not answer this.');
    if (finishReason !== 'stop') throw fail('unavailable', `The answer ended by "${finishReason}".`);
    if (text.trim() === '') throw fail('invalid', 'The answer is empty.');
    if (this.request.shape !== undefined && !isJson(text)) throw fail('invalid', 'The answer is not JSON.');
    const { servedModel, firstTokenMs } = this;
    return { text, servedModel, tokens, finishReason, latencyMs: this.sinceBegin(), firstTokenMs };
  }

  private sinceBegin(): number {
    return Math.round(performance.now() - this.begun);
  }
}

/** Null unless it is told in full; zeroes are what servers say that do not count. */
function tokensOf({ inputTokens, inputTokenDetails, outputTokens, outputTokenDetails }: LanguageModelUsage) {
  if (!isCount(inputTokens) || !isCount(outputTokens) || inputTokens === 0) return null;
  const cached = inputTokenDetails.cacheReadTokens ?? 0;
  const reasoning = outputTokenDetails.reasoningTokens ?? 0;
  if (!isCount(cached) || !isCount(reasoning) || cached > inputTokens) return null;
  return { input: inputTokens, cached, output: outputTokens, reasoning };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
