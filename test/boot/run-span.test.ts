import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { test } from 'tap';
import { makeRunSpans } from '../../boot/telemetry/run-span.ts';
import { PlannedIds } from '../../boot/telemetry/span-id.ts';
import type { Run } from '../../events/run.ts';
import { newId } from '../../kernel/id.ts';
import { RunToolUsed } from '../../events/run-fact.ts';
import type { StepFact } from '../../runs/step.ts';
import { contentOf, modelCalled } from '../support/run.ts';

/** Read when it is asked, and sent nowhere. */
class Reading extends MetricReader {
  async byName(): Promise<Map<string, unknown[]>> {
    const { resourceMetrics } = await this.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
    return new Map(
      all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.map(({ value }) => plain(value))]),
    );
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('count' in value)) return value;
  const { count, sum } = value as { readonly count: number; readonly sum?: number };
  return { count, sum };
}

function toolUsed(verdict: string | null): StepFact {
  const [given, result] = [contentOf('{}'), contentOf('It ended.')];
  const tier = verdict === null ? null : 'wasm';
  const data = { purpose: 'review', tool: 'run_code', arguments: given, result, tier, verdict, run_ms: 3 };
  return { kind: RunToolUsed, data };
}

/** What one process sends. */
function openProcess() {
  const exporter = new InMemorySpanExporter();
  const ids = new PlannedIds();
  const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const reader = new Reading();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  return {
    observe: makeRunSpans({ tracer: provider.getTracer('test'), ids, meter }).observe,
    spans: () => exporter.getFinishedSpans(),
    metrics: () => reader.byName(),
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

test('a step and what happened in it say how they ended', (t) => {
  const { observe, spans } = openProcess();
  const turn = observe({ tenantId: newId(), runId: newId(), fence: 1 });
  const error = { class: 'limited', detail: 'the secret detail' };
  turn.begin('review');
  turn.noted(open, [modelCalled(1, { error }), toolUsed('ok'), toolUsed('sandbox_error'), toolUsed(null)], Date.now());
  turn.end('failed', []);
  turn.begin('code');
  turn.end('broken_off', []);
  const told = spans().map(({ name, status, attributes }) => [
    name,
    status.code,
    attributes['error.type'] ?? attributes['loopledger.sandbox.verdict'] ?? attributes['loopledger.step.end'],
  ]);
  t.same(told, [
    ['chat scripted', 2, 'limited'],
    ['execute_tool run_code', 0, 'ok'],
    ['execute_tool run_code', 2, 'sandbox_error'],
    ['execute_tool run_code', 2, 'none'],
    ['step review', 2, 'failed'],
    ['step code', 0, 'broken_off'],
  ]);
  t.equal(
    new Set(
      spans()
        .slice(0, 4)
        .map((span) => span.parentSpanContext?.spanId),
    ).size,
    1,
  );
  t.equal(spans()[0]?.parentSpanContext?.spanId, spans()[4]?.spanContext().spanId, 'within their step');
  t.notMatch(JSON.stringify(spans().map(({ attributes, status }) => [attributes, status])), 'secret detail');
  t.end();
});

test('calls of models are counted by time, tokens and cost', async (t) => {
  const { observe, metrics } = openProcess();
  const turn = observe({ tenantId: newId(), runId: newId(), fence: 1 });
  const error = { class: 'timeout', detail: '' };
  turn.noted(open, [modelCalled(1), modelCalled(2, { cost_micros: 5, error, tokens: null, latency_ms: 2_000 })], 0);
  turn.noted(ended, [], 0);
  const counted = await metrics();
  t.same(counted.get('loopledger.model.cost'), [12], 'failed ones cost as well');
  t.same(counted.get('gen_ai.client.operation.duration'), [
    { count: 1, sum: 0.003 },
    { count: 1, sum: 2 },
  ]);
  t.same(counted.get('gen_ai.client.token.usage'), [
    { count: 1, sum: 10 },
    { count: 1, sum: 5 },
  ]);
  t.same(counted.get('loopledger.runs.ended'), [1]);
});
