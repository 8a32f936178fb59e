import { test } from 'tap';
import { openTelemetry } from '../../boot/telemetry/open.ts';
import { startCollector } from '../support/collector.ts';

test('no more spans wait for a collector than there is room for', async (t) => {
  const collector = await startCollector(t);
  const config = {
    tracesUrl: `${collector.url}/v1/traces`,
    metricsUrl: null,
    headers: {},
    timeoutMs: 10_000,
    metricIntervalMs: 60_000,
    serviceName: 'test',
    attributes: {},
  };
  const telemetry = openTelemetry(config, '1');
  const answered = { method: 'GET', route: '/', operation: 'o', status: 200, ms: 1, requestId: 'r' };
  for (let n = 0; n < 6_000; n += 1) telemetry.onAnswer({ ...answered, traceparent: undefined });
  await telemetry.close();
  // What is being sent waits no more.
  const sent = collector.spans().length;
  t.ok(sent >= 4_096 && sent <= 4_096 + 512, `${sent}`);
});
