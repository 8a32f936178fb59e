import { type Test, test } from 'tap';
import { type Collector, startCollector, toldOf } from '../support/collector.ts';
import { fetchPatiently } from '../support/pace.ts';
import { type RunServerOfTest, startRunServer } from '../support/run-server.ts';
import { skipReason } from '../support/sandbox.ts';
import { waitFor } from '../support/server-process.ts';

const skip = await skipReason('bubblewrap', 'python');
/** Nothing of these may be sent. */
const prompt = 'Write quetzal(a, b), which gives the sum.';
const answer = '```python\ndef quetzal(a, b):\n    return a - b\n```';
const script = { answers: [{ purpose: 'code', text: answer }, { fail: { kind: 'rejected' } }] };
const asked = {
  prompt,
  language: 'python',
  tests: 'assert quetzal(1, 2) == 3',
  model: 'script/demo',
  tiers: ['bubblewrap'],
};

interface Seen {
  readonly id: string;
  readonly outcome: { readonly reason: string } | null;
}

async function runThrough({ say, output }: RunServerOfTest): Promise<Seen> {
  let seen = await say<Seen>('POST', '/runs', asked);
  await waitFor('the end of the run', async () => {
    seen = await say<Seen>('GET', `/runs/${seen.id}`);
    return seen.outcome !== null;
  }).catch((error: unknown) => {
    throw new Error(`${JSON.stringify(seen)} ${output()}`, { cause: error });
  });
  return seen;
}

function rootOf(collector: Collector, { id }: Seen) {
  return collector.spans().find(({ name, traceId }) => name === 'run solve' && traceId === id.replaceAll('-', ''));
}

test('a run is one trace of steps and questions, and says nothing of what was asked', { skip }, async (t) => {
  const collector = await startCollector(t);
  const server = await startRunServer(t, script, false, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_SERVICE_NAME: 'ledger-of-tests',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  const run = await runThrough(server);
  await waitFor('its trace', () => rootOf(collector, run) !== undefined);
  const root = rootOf(collector, run);
  const spans = collector.spans().filter(({ traceId }) => traceId === root?.traceId);
  t.equal(spans.filter(({ parentSpanId }) => parentSpanId === undefined).length, 1, 'one root');
  t.match(toldOf(root?.attributes ?? []), {
    'loopledger.run.id': run.id,
    'loopledger.run.status': 'failed',
    'loopledger.run.reason': 'model_error',
    'loopledger.run.calls': 2,
  });
  t.equal(root?.status.code, 2);
  const steps = spans.filter(({ name }) => name.startsWith('step '));
  t.same(new Set(steps.map(({ parentSpanId }) => parentSpanId)), new Set([root?.spanId]));
  t.same(
    steps.map(({ name }) => name.slice(5)),
    ['classify', 'plan', 'code', 'merge', 'execute', 'review'],
  );
  const [execution] = steps.filter(({ name }) => name === 'step execute');
  t.match(toldOf(execution?.attributes ?? []), {
    'loopledger.sandbox.tier': 'bubblewrap',
    'loopledger.is_solved': false,
    'loopledger.tests.failed': 1,
  });
  const calls = spans.filter(({ name }) => name === 'chat demo');
  t.same(
    calls.map(({ parentSpanId }) => steps.find(({ spanId }) => spanId === parentSpanId)?.name),
    ['step code', 'step review'],
    'each within its step',
  );
  t.match(toldOf(calls[0]?.attributes ?? []), {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'script',
    'gen_ai.request.model': 'demo',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': Number,
    'loopledger.cost_micros': 0,
    'loopledger.purpose': 'code',
  });
  t.match(toldOf(calls[1]?.attributes ?? []), { 'error.type': 'rejected' });
  t.match(collector.resource(), { 'service.name': 'ledger-of-tests', 'deployment.environment.name': 'test' });
  t.equal(collector.headers()?.authorization, 'Bearer of-the-collector');
  await requestsAndMetrics(t, server, collector);
  t.equal(await server.stop(), 0, server.output());
  t.notMatch(collector.text(), /quetzal/, 'neither prompt nor code nor test');
  t.notMatch(collector.text(), server.secret);
});

async function requestsAndMetrics(t: Test, { url, secret }: RunServerOfTest, collector: Collector): Promise<void> {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = {
    authorization: `Bearer ${secret}`,
    traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    'request-id': 'of-a-test',
  };
  await fetchPatiently(`${url}/api/v1/agents?limit=7`, { headers });
  const found = () =>
    collector
      .spans()
      .find(
        ({ traceId, attributes }) =>
          traceId === trace && Number(toldOf(attributes)['http.response.status_code']) !== 503,
      );
  await waitFor('the span of the request', () => found() !== undefined);
  t.match(found(), { name: 'GET /api/v1/agents', parentSpanId: '00f067aa0ba902b7', kind: 2 });
  t.match(toldOf(found()?.attributes ?? []), {
    'http.route': '/api/v1/agents',
    'http.response.status_code': 200,
    'loopledger.request.id': 'of-a-test',
  });
  const counted = () =>
    collector
      .metrics()
      .get('loopledger_requests_total')
      ?.sum?.dataPoints.find(({ attributes }) => toldOf(attributes)['operation'] === 'listAgents');
  await waitFor('its metrics', () => counted() !== undefined);
  t.match(counted(), { asDouble: 1 });
  measured(t, collector.metrics());
}

type Sent = ReturnType<Collector['metrics']>;

function measured(t: Test, metrics: Sent): void {
  t.equal(metrics.get('loopledger_requests_total')?.sum?.isMonotonic, true);
  const durations = pointOf(metrics, 'loopledger_request_seconds');
  const inBuckets = (durations.bucketCounts ?? []).reduce((sum: number, count) => sum + Number(count), 0);
  t.equal(inBuckets, Number(durations.count));
  t.equal(durations.bucketCounts?.length, (durations.explicitBounds?.length ?? 0) + 1);
  t.match(pointOf(metrics, 'loopledger_runs_in_hand'), { asDouble: 0 });
  t.ok((pointOf(metrics, 'process_resident_memory_bytes').asDouble ?? 0) > 1_000_000);
  const used = toldOf(pointOf(metrics, 'gen_ai.client.token.usage').attributes);
  t.match(used, { 'gen_ai.request.model': 'demo', 'gen_ai.token.type': 'input' });
  t.match(toldOf(pointOf(metrics, 'loopledger.runs.ended').attributes), { 'loopledger.run.status': 'failed' });
}

function pointOf(metrics: Sent, name: string) {
  const { sum, gauge, histogram } = metrics.get(name) ?? {};
  const [point] = (sum ?? gauge ?? histogram)?.dataPoints ?? [];
  if (point === undefined) throw new Error(`nothing was sent of ${name}`);
  return point;
}

test('a run that is cancelled before anybody took it has its span too', async (t) => {
  const collector = await startCollector(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, LOOPLEDGER_RUNS: '0' };
  const server = await startRunServer(t, script, false, env);
  const run = await server.say<Seen>('POST', '/runs', { ...asked, needs_approval: true });
  await server.say('POST', `/runs/${run.id}/cancel`);
  await waitFor('its span', () => rootOf(collector, run) !== undefined);
  const root = rootOf(collector, run);
  t.equal(root?.parentSpanId, undefined);
  t.match(toldOf(root?.attributes ?? []), { 'loopledger.run.status': 'cancelled', 'loopledger.run.calls': 0 });
  t.equal(toldOf(root?.attributes ?? [])['loopledger.run.fence'], undefined, 'nobody took it');
  const last = await server.say<Seen>('POST', '/runs', asked);
  await server.say('POST', `/runs/${last.id}/cancel`);
  t.equal(await server.stop(), 0, server.output());
  t.ok(rootOf(collector, last), 'also when the server ends at once');
  t.equal(collector.spans().filter(({ name }) => name === 'run solve').length, 2, 'each once');
});

for (const manner of ['hangs', 'refuses'] as const) {
  test(`a collector that ${manner} holds up neither a run nor the end of the server`, { skip }, async (t) => {
    const collector = await startCollector(t, manner);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '200',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300000',
    };
    const server = await startRunServer(t, script, false, env);
    t.equal((await runThrough(server)).outcome?.reason, 'model_error');
    await waitFor('something was sent', () => collector.requests() > 0);
    const beganMs = performance.now();
    t.equal(await server.stop(), 0, server.output());
    const tookMs = performance.now() - beganMs;
    t.ok(tookMs < 30_000, `${Math.round(tookMs)} ms`);
  });
}
