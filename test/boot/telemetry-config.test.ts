import { test } from 'tap';
import { readTelemetry } from '../../boot/telemetry/config.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' };

test('nothing is measured until an endpoint is set', (t) => {
  t.equal(readTelemetry({}), null);
  t.equal(readTelemetry({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }), null);
  t.equal(readTelemetry({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), null);
  t.end();
});

test('both signals go below the endpoint, or where each is said to go', (t) => {
  t.match(readTelemetry(endpoint), {
    tracesUrl: 'http://127.0.0.1:4318/v1/traces',
    metricsUrl: 'http://127.0.0.1:4318/v1/metrics',
    serviceName: 'loopledger',
    timeoutMs: 10_000,
    metricIntervalMs: 60_000,
    headers: {},
  });
  t.match(readTelemetry({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t.example/in' }), {
    tracesUrl: 'https://t.example/in',
    metricsUrl: null,
  });
  t.match(readTelemetry({ ...endpoint, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://m.example/in' }), {
    tracesUrl: 'http://127.0.0.1:4318/v1/traces',
    metricsUrl: 'https://m.example/in',
  });
  const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, other=a=b' };
  t.same(readTelemetry({ ...endpoint, ...headers })?.headers, { authorization: 'Bearer x', other: 'a=b' });
  t.end();
});

test('what makes no sense is refused, without repeating what may be a credential', (t) => {
  const wrong = [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { ...endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' },
    { ...endpoint, OTEL_METRIC_EXPORT_INTERVAL: '1' },
  ];
  for (const env of wrong) t.throws(() => readTelemetry(env), { code: 'config_invalid' });
  for (const secret of ['hush', '=hush', 'a=%hush']) {
    const error = t.throws(() => readTelemetry({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: secret }));
    t.notMatch((error as Error).message, 'hush');
  }
  t.end();
});
