// One call of one model: money is held, the question is asked, what it cost is settled, and the call is written down.
import { RunModelCalled } from '../events/run-fact.ts';
import type { JsonObject } from '../kernel/event.ts';
import { newId } from '../kernel/id.ts';
import { type Asking as Via, openEndpoint } from '../models/endpoint.ts';
import { type ModelAnswer, ModelFailure, type ModelRequest } from '../models/port.ts';
import { costOfResult, mostOf, type Price } from '../models/price.ts';
import type { AskedEndpoint } from '../projections/model-endpoint.ts';
import type { Asking } from '../runs/step.ts';
import { putContent } from '../sql/content.ts';
import type { Database } from '../sql/database.ts';
import { readModelSecret } from '../sql/model-secret.ts';
import { type FullCap, reserveSpend, settleSpend, type SpendCaps } from '../sql/model-spend.ts';
import { type Choice, nthOf } from './model-route.ts';

export interface Ports {
  readonly database: Database;
  readonly masterKey: Buffer;
  readonly via: Via;
}

export interface CallParts {
  readonly asking: Asking;
  readonly choice: Choice;
  /** For this answer, from 1. */
  readonly attempt: number;
  /** Of the run, from 1. */
  readonly number: number;
  readonly caps: SpendCaps;
  readonly projectId: string | null;
}

export type Call = { readonly full: FullCap } | { readonly result: ModelAnswer | ModelFailure };

export async function makeCall(ports: Ports, parts: CallParts): Promise<Call> {
  const { asking, choice, caps, projectId } = parts;
  const { endpoint, price } = choice;
  if (endpoint === null || price === null) throw new Error(`the model ${choice.name} cannot be asked`);
  const { tenantId, runId } = asking;
  const callId = newId();
  const request = requestOf(parts, callId);
  const micros = mostOf(price.rates, request);
  // Whatever can go wrong here goes wrong before money is held.
  const opened = await openKey(ports, tenantId, endpoint);
  const full = await reserveSpend(ports.database, tenantId, { callId, runId, projectId, micros, caps });
  if (full !== null) return { full };
  const begun = performance.now();
  const result = await ask(ports, { endpoint, opened, request });
  const cost = await settleSpend(ports.database, tenantId, callId, costOfResult(price, result));
  const latencyMs = Math.round(performance.now() - begun);
  await writeDown(ports, parts, { result, price, reserved: micros, cost, latencyMs });
  return { result };
}

function requestOf({ asking, choice, attempt }: CallParts, callId: string): ModelRequest {
  const { run, runId, question, prompt, signal, onText } = asking;
  const { purpose, messages, maxOutputTokens, shape, tools } = question;
  return {
    model: choice.model,
    purpose,
    nth: nthOf(run, purpose),
    messages,
    maxOutputTokens,
    // Equal for whoever repeats the step, but not for another attempt: that is to be answered anew.
    idempotencyKey: attempt === 1 ? `${runId}-${purpose}-${prompt.sha256.slice(0, 32)}` : callId,
    signal,
    onText,
    ...(shape === undefined ? {} : { shape }),
    ...(tools === undefined ? {} : { tools }),
  };
}

interface OpenedKey {
  /** Null where the endpoint has none. */
  readonly secret: string | null;
  readonly isLost: boolean;
}

async function openKey(
  { database, masterKey }: Ports,
  tenantId: string,
  { secret_id: secretId }: AskedEndpoint,
): Promise<OpenedKey> {
  const secret = secretId === null ? null : await readModelSecret(database, { masterKey, tenantId, secretId });
  return { secret, isLost: secretId !== null && secret === null };
}

interface Question {
  readonly endpoint: AskedEndpoint;
  readonly opened: OpenedKey;
  readonly request: ModelRequest;
}

async function ask({ via }: Ports, { endpoint, opened, request }: Question) {
  const { kind, base_url: baseUrl } = endpoint;
  const { secret, isLost } = opened;
  if (isLost) return new ModelFailure('unauthorized', 'Its key cannot be opened here.', { isFree: true });
  try {
    return await openEndpoint({ kind, baseUrl, secret }, via).ask(request);
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
}

interface Made {
  readonly result: ModelAnswer | ModelFailure;
  readonly price: Price;
  readonly reserved: number;
  readonly cost: number;
  readonly latencyMs: number;
}

async function writeDown({ database }: Ports, parts: CallParts, made: Made): Promise<void> {
  const { asking, choice, attempt, number } = parts;
  const { result, price, reserved, cost, latencyMs } = made;
  const { tenantId, question, prompt, signal, record } = asking;
  const { text } = result;
  const stored = text === null ? null : await putContent(database, tenantId, Buffer.from(text));
  const data = {
    call: number,
    purpose: question.purpose,
    attempt,
    endpoint: choice.endpoint?.name ?? '',
    asked_model: choice.model,
    prompt: { ...prompt },
    prompt_version: question.promptVersion,
    output: stored === null ? null : { ...stored },
    ...(await toolCallsOf(database, tenantId, result)),
    tokens: result.tokens === null ? null : { ...result.tokens },
    price_version: price.version,
    reserved_micros: reserved,
    cost_micros: cost,
    latency_ms: latencyMs,
    ...endOf(result),
  };
  try {
    await record({ kind: RunModelCalled, data });
  } catch (error) {
    // Of a run that has ended meanwhile, the money that was settled is the record.
    if (!signal.aborted) throw error;
  }
}

async function toolCallsOf(
  database: Database,
  tenantId: string,
  result: ModelAnswer | ModelFailure,
): Promise<JsonObject> {
  if (result instanceof ModelFailure || result.calls.length === 0) return {};
  const tool_calls: JsonObject[] = [];
  for (const { name, arguments: given } of result.calls) {
    tool_calls.push({
      name,
      arguments: { ...(await putContent(database, tenantId, Buffer.from(JSON.stringify(given)))) },
    });
  }
  return { tool_calls };
}

function endOf(result: ModelAnswer | ModelFailure): JsonObject {
  if (result instanceof ModelFailure) {
    const error = { class: result.kind, detail: result.message.slice(0, 2_000) };
    return { served_model: null, first_token_ms: null, finish_reason: null, error };
  }
  const { servedModel, firstTokenMs, finishReason } = result;
  const served_model = servedModel?.slice(0, 200) ?? null;
  return { served_model, first_token_ms: firstTokenMs, finish_reason: finishReason.slice(0, 40), error: null };
}
