// The one place where an answer leaves the process. It writes to the socket by itself, as one flat header list: the
// framework's own path (hooks, serializers, header objects) costs more than all that stands here.
import { pipeline } from 'node:stream/promises';
import type { Answer, Call } from '../call.ts';
import type { AnsweredRequest } from '../context.ts';
import { corsHeaders } from './cors.ts';
import { traceIdOf } from './request-id.ts';

const jsonType = 'application/json; charset=utf-8';
/** An unread body up to this size is read and thrown away; for a larger one the connection is closed. */
const maxUnreadBytes = 65_536;
const longChars = 16_384;

/** No page of ours may be framed, sniffed, or load anything: the documentation alone widens its own policy. */
export const closedPolicy = "default-src 'none'; frame-ancestors 'none'";

export function sendAnswer(call: Call, answer: Answer): void {
  if (call.answered) return;
  call.answered = true;
  const { api, response } = call;
  const headers = headersOf(call, answer);
  const body = answer.bytes ?? bytesOf(answer.body);
  if (answer.status !== 204 && answer.status !== 304) {
    headers.push('content-type', answer.type ?? jsonType);
    if (answer.stream === undefined) headers.push('content-length', String(Buffer.byteLength(body)));
  }
  if (api.stopping.aborted || (answer.status >= 400 && hasUnreadBody(call))) headers.push('connection', 'close');
  if (call.working) api.pressure.inFlight -= 1;
  if (!response.headersSent && !response.destroyed) {
    response.writeHead(answer.status, headers);
    if (answer.stream === undefined || call.raw.method === 'HEAD') response.end(body, null as never);
    else pour(call, answer.stream);
  }
  const ms = performance.now() - call.startedMs;
  api.metrics.observe(call.route.operation, answer.status, ms);
  if (api.onAnswer !== undefined) api.onAnswer(answeredOf(call, answer.status, ms));
  logAnswer(call, answer.status);
}

function answeredOf({ raw, route, requestId }: Call, status: number, ms: number): AnsweredRequest {
  const { method, url, operation } = route;
  const given = raw.headers['traceparent'];
  const traceparent = typeof given === 'string' ? given : undefined;
  return { method, route: url, operation, status, ms, requestId, traceparent };
}

/** A long text is encoded at once, which is several times faster than what the socket does with it. */
function bytesOf(body: string): string | Buffer {
  return body.length > longChars ? Buffer.from(body) : body;
}

/** What goes wrong half-way is told by the connection alone: the status has been said. */
function pour({ api, response, requestId }: Call, stream: AsyncIterable<string>): void {
  pipeline(stream, response).catch((error: unknown) => {
    api.logger.warn({ request_id: requestId, err: error }, 'an answer broke off');
  });
}

function headersOf(call: Call, answer: Answer): string[] {
  const { api, credential } = call;
  const headers = [
    'cache-control',
    answer.cache ?? 'no-store',
    'x-content-type-options',
    'nosniff',
    'referrer-policy',
    'no-referrer',
    'cross-origin-resource-policy',
    'same-origin',
    'request-id',
    call.requestId,
  ];
  if (answer.headers === undefined) headers.push('content-security-policy', closedPolicy);
  else {
    if (!answer.headers.includes('content-security-policy')) headers.push('content-security-policy', closedPolicy);
    for (const part of answer.headers) headers.push(part);
  }
  if (api.secureOrigin) headers.push('strict-transport-security', 'max-age=63072000; includeSubDomains');
  const quota = credential?.quota ?? null;
  if (quota !== null) api.rates.describe(quota, headers);
  const trace = call.raw.headers['traceparent'];
  if (typeof trace === 'string' && traceIdOf(trace) !== null) headers.push('traceparent', trace);
  if (api.options.corsOrigins.length > 0) corsHeaders(api.options.corsOrigins, call.raw.headers.origin, headers);
  return headers;
}

function hasUnreadBody(call: Call): boolean {
  if (call.raw.complete) return false;
  const length = call.raw.headers['content-length'];
  if (length === undefined) return call.raw.headers['transfer-encoding'] !== undefined;
  return Number(length) > maxUnreadBytes;
}

/** Only these fields: never a path, a query string, a header or a body. */
function logAnswer(call: Call, status: number): void {
  const { logger } = call.api;
  const fields = {
    request_id: call.requestId,
    operation: call.route.operation,
    route: call.route.url,
    method: call.route.method,
    status,
    ms: Math.round((performance.now() - call.startedMs) * 10) / 10,
    tenant_id: call.credential?.tenantId,
    key_id: call.credential?.keyId,
    ...(call.credential?.actor.impersonating === true ? { impersonating: true } : {}),
  };
  if (status >= 500) logger.warn(fields, 'request failed');
  else logger.info(fields, 'request');
}
