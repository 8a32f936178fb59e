// Providers that speak the protocols of OpenAI and Anthropic, by the AI SDK. It asks once; its own tries are off.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, type LanguageModel, Output, streamText } from 'ai';
import { type Fetch, limitBody } from './bounded-fetch.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { failureOf } from './failure.ts';
import { Heard } from './heard.ts';
import { promptOf, toolsOf } from './prompt.ts';
import type { ModelPort, ModelRequest } from './port.ts';

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

const spoken = new Set(['text-delta', 'reasoning-delta', 'tool-input-start', 'tool-input-delta', 'tool-call']);

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
    ...toolsOf(request),
    ...(shape === undefined ? {} : { output: Output.object({ name: shape.name, schema: jsonSchema(shape.schema) }) }),
  });
  for await (const part of stream) {
    if (spoken.has(part.type)) deadline.spoken();
    heard.take(part);
  }
}
