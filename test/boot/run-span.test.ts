import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { test } from 'tap';
import { makeRunSpans } from '../../boot/telemetry/run-span.ts';
import { PlannedIds } from '../../boot/telemetry/span-id.ts';
import type { Run } from '../../events/run.ts';
import { newId } from '../../kernel/id.ts';
import { modelCalled } from '../support/run.ts';

/** What one process sends. */
function openProcess() {
  const exporter = new InMemorySpanExporter();
  const ids = new PlannedIds();
  const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const meter = new MeterProvider().getMeter('test');
  return {
    observe: makeRunSpans({ tracer: provider.getTracer('test'), ids, meter }).observe,
    spans: () => exporter.getFinishedSpans(),
  };
}

const open = { outcome: null } as unknown as Run;
const ended = {
  kind: 'solve',
  language: 'python',
  status: 'succeeded',
  candidates: [],
  calls: 2,
  cost_micros: 14,
  outcome: { reason: 'solved' },
} as unknown as Run;

test('a run that is resumed in another process goes on with its trace', (t) => {
  const [first, second] = [openProcess(), openProcess()];
  const [tenantId, runId] = [newId(), newId()];
  const before = first.observe({ tenantId, runId, fence: 1 });
  before.begin('code');
  before.noted(open, [modelCalled(1)], Date.now());
  before.end('broken_off', []);
  const after = second.observe({ tenantId, runId, fence: 2 });
  after.begin('code');
  after.end('done', []);
  after.noted(ended, [], Date.now());
  const all = [...first.spans(), ...second.spans()];
  t.same(new Set(all.map((span) => span.spanContext().traceId)), new Set([runId.replaceAll('-', '')]));
  t.equal(new Set(all.map((span) => span.spanContext().spanId)).size, all.length, 'each span has an id of its own');
  t.same(
    all.map(({ name }) => name),
    ['chat scripted', 'step code', 'step code', 'run solve'],
  );
  const [chat, broken, again, root] = all;
  t.equal(chat?.parentSpanContext?.spanId, broken?.spanContext().spanId);
  for (const step of [broken, again]) t.equal(step?.parentSpanContext?.spanId, root?.spanContext().spanId);
  t.equal(root?.parentSpanContext, undefined);
  const [seconds = 0, nanos = 0] = root?.startTime ?? [];
  const startMs = seconds * 1_000 + nanos / 1_000_000;
  t.ok(Math.abs(Date.now() - startMs) < 60_000, 'it began when the run was asked for');
  t.equal(Math.round(startMs), Number.parseInt(runId.replace('-', '').slice(0, 12), 16));
  t.end();
});
