import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { test } from 'tap';
import { requestSpans } from '../../boot/telemetry/request-span.ts';

const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const answered = { method: 'GET', route: '/api/v1/runs', operation: 'listRuns', status: 200, ms: 5, requestId: 'r' };

function spansOf(...told: readonly { readonly status?: number; readonly traceparent?: string | undefined }[]) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tell = requestSpans(provider.getTracer('test'));
  for (const one of told) tell({ ...answered, traceparent: undefined, ...one });
  return exporter.getFinishedSpans();
}

test('a request is sent when the trace of its caller is, or when there is none', (t) => {
  const [sampled] = spansOf({ traceparent: `00-${traceId}-${spanId}-01` });
  t.equal(sampled?.spanContext().traceId, traceId);
  t.equal(sampled?.parentSpanContext?.spanId, spanId);
  t.same(spansOf({ traceparent: `00-${traceId}-${spanId}-00` }), [], 'the caller keeps none of it');
  const nonsense = ['', 'nonsense', `00-${'0'.repeat(32)}-${spanId}-01`, `00-${traceId}-${'0'.repeat(16)}-01`];
  for (const traceparent of [undefined, ...nonsense]) {
    const [span] = spansOf({ traceparent });
    t.equal(span?.parentSpanContext, undefined, `${traceparent}`);
    t.not(span?.spanContext().traceId, traceId);
  }
  t.end();
});

test('what went wrong on our side is an error, and what the caller did wrong is none', (t) => {
  const codes = [200, 404, 429, 500, 503].map((status) => spansOf({ status })[0]?.status.code);
  t.same(codes, [0, 0, 0, 2, 2]);
  t.end();
});
