// Requests as spans, below the trace of whoever sent them.
import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  TraceFlags,
} from '@opentelemetry/api';
import type { AnsweredRequest } from '../../api/context.ts';

const parent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export function requestSpans(tracer: Tracer): (answered: AnsweredRequest) => void {
  return ({ method, route, operation, status, ms, requestId, traceparent }) => {
    const endMs = Date.now();
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'loopledger.operation': operation,
      'loopledger.request.id': requestId,
    };
    const options = { kind: SpanKind.SERVER, startTime: endMs - ms, attributes };
    const span = tracer.startSpan(`${method} ${route}`, options, contextOf(traceparent));
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endMs);
  };
}

function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = parent.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const isSampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
