// A question to a model, to see that it answers. Neither the key nor what the provider says of it is shown.
import { type Static, Type } from 'typebox';
import type { Dispatcher } from 'undici';
import { newId } from '../kernel/id.ts';
import { openWayOut } from '../kernel/way-out.ts';
import { openEndpoint } from '../models/endpoint.ts';
import { type ModelAnswer, ModelFailure, modelFailures, type ModelPort, type ModelRequest } from '../models/port.ts';
import { modelEndpointRefusals, modelEndpointRules } from '../policies/model-endpoint.ts';
import { costOfResult, mostOf, priceOf } from '../models/price.ts';
import { ModelName } from '../events/model-endpoint.ts';
import { type AskedEndpoint, readEndpointsToAsk } from '../projections/model-endpoint.ts';
import { readModelRouting } from '../projections/model-routing.ts';
import { readModelPrices } from '../sql/model-price.ts';
import { readModelSecret } from '../sql/model-secret.ts';
import { reserveSpend, settleSpend } from '../sql/model-spend.ts';
import type { Answer, Call } from './call.ts';
import { missingModelEndpoint, modelEndpointExample, ModelEndpointPath, oneModelEndpoint } from './model-endpoint.ts';
import { requireWriteHeaders } from './perform.ts';
import { type Route, route } from './route.ts';

const closed = { additionalProperties: false } as const;
const TestBody = Type.Object({ model: Type.Optional(ModelName) }, closed);
const Milliseconds = Type.Union([Type.Integer({ minimum: 0, maximum: 600_000 }), Type.Null()]);

const TestedView = Type.Object(
  {
    model: ModelName,
    ok: Type.Boolean(),
    served_model: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
    latency_ms: Milliseconds,
    first_token_ms: Milliseconds,
    failure: Type.Union([
      Type.Object(
        {
          class: Type.Enum([...modelFailures, 'secret_lost', 'price_unknown', 'budget']),
          detail: Type.String({ maxLength: 500 }),
          retry_after_ms: Milliseconds,
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);
type Tested = Static<typeof TestedView>;

const totalMs = 15_000;
const firstTokenMs = 12_000;

async function test(call: Call<Static<typeof ModelEndpointPath>, unknown, Static<typeof TestBody>>): Promise<Answer> {
  requireWriteHeaders(call);
  const { database, options } = call.api;
  const [endpoint] = await readEndpointsToAsk(database, call.tenantId, call.params.endpoint_id);
  if (endpoint === undefined) throw missingModelEndpoint();
  const model = call.body.model ?? endpoint.models[0]?.name;
  if (model === undefined || !endpoint.models.some(({ name }) => name === model)) {
    throw modelEndpointRefusals.refuse('model_unknown', `The endpoint ${endpoint.name} has no such model.`);
  }
  const wayOut = openWayOut({ allowPrivate: options.modelAllowPrivate });
  try {
    const port = await open(call, endpoint, wayOut);
    const tested = port === null ? secretLost(model) : await askWithin(call, { port, endpoint, model });
    return { status: 200, body: JSON.stringify(tested) };
  } finally {
    await wayOut.destroy();
  }
}

/** Null when the key cannot be opened: then nothing is asked. */
async function open(call: Call, endpoint: AskedEndpoint, wayOut: Dispatcher): Promise<ModelPort | null> {
  const { database, options } = call.api;
  const { kind, base_url: baseUrl, secret_id: secretId } = endpoint;
  const place = { masterKey: options.masterKey, tenantId: call.tenantId };
  const secret = secretId === null ? null : await readModelSecret(database, { ...place, secretId });
  if (secretId !== null && secret === null) return null;
  return openEndpoint({ kind, baseUrl, secret }, { wayOut, scripts: options.scriptedModels, totalMs, firstTokenMs });
}

interface Trial {
  readonly port: ModelPort;
  readonly endpoint: AskedEndpoint;
  readonly model: string;
}

/** What it costs is held and counted like what runs ask, of the caps of a call and of the tenant's day. */
async function askWithin(call: Call, { port, endpoint, model }: Trial): Promise<Tested> {
  const { tenantId, api } = call;
  const { database, stopping } = api;
  const price = priceOf(endpoint, model, await readModelPrices(database));
  if (price === null) return failed(model, { class: 'price_unknown', detail: unpriced, retry_after_ms: null });
  const request: ModelRequest = { ...question, model, idempotencyKey: newId(), signal: stopping };
  const { caps } = (await readModelRouting(database, tenantId)).view;
  const reservation = { callId: newId(), runId: null, projectId: null, micros: mostOf(price.rates, request), caps };
  const full = await reserveSpend(database, tenantId, reservation);
  if (full !== null) {
    const detail = `The cap of the ${full} has no room for it.`;
    return failed(model, { class: 'budget', detail, retry_after_ms: null });
  }
  const heard = await port.ask(request).catch((error: unknown) => {
    if (error instanceof ModelFailure) return error;
    throw error;
  });
  await settleSpend(database, tenantId, reservation.callId, costOfResult(price, heard));
  return heard instanceof ModelFailure ? failedBy(model, heard) : answered(model, heard);
}

const unpriced = 'Nobody has said what it costs, so nothing would bound it.';
const question = {
  purpose: 'test',
  nth: 1,
  messages: [{ role: 'user', text: 'Answer with the word ready.' }],
  // Room for models that think before they speak.
  maxOutputTokens: 256,
} as const;

function answered(model: string, { servedModel, latencyMs, firstTokenMs: firstMs }: ModelAnswer): Tested {
  const latency = { latency_ms: latencyMs, first_token_ms: firstMs };
  return { model, ok: true, served_model: servedModel?.slice(0, 200) ?? null, ...latency, failure: null };
}

function failedBy(model: string, { kind, message, retryAfterMs }: ModelFailure): Tested {
  // A provider may wish for anything.
  const retry_after_ms = retryAfterMs === null ? null : Math.min(retryAfterMs, 600_000);
  return failed(model, { class: kind, detail: message, retry_after_ms });
}

function failed(model: string, failure: NonNullable<Tested['failure']>): Tested {
  return { model, ok: false, served_model: null, latency_ms: null, first_token_ms: null, failure };
}

function secretLost(model: string): Tested {
  const detail = 'Its key cannot be opened here; give it again.';
  return failed(model, { class: 'secret_lost', detail, retry_after_ms: null });
}

const testRoute = route({
  method: 'POST',
  url: `${oneModelEndpoint}/test`,
  operation: 'testModelEndpoint',
  summary: 'Ask a model one short question, and tell how long it took or what went wrong',
  description:
    "It is asked once, within the caps of a call and of the tenant's day, and is no event. Without `model` it is the first of the endpoint.",
  tags: ['models'],
  role: modelEndpointRules.ask,
  params: ModelEndpointPath,
  body: TestBody,
  status: 200,
  response: TestedView,
  codes: ['model_endpoint_not_found', 'model_unknown'],
  examples: {
    params: { endpoint_id: modelEndpointExample.id },
    body: { model: 'claude-sonnet-4-5' },
    response: {
      model: 'claude-sonnet-4-5',
      ok: true,
      served_model: 'claude-sonnet-4-5-20250929',
      latency_ms: 812,
      first_token_ms: 430,
      failure: null,
    },
  },
  handler: test,
});

export const modelTestRoutes: readonly Route[] = [testRoute];
