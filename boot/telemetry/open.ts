// OpenTelemetry of one process: spans and metrics go to a collector by OTLP over HTTP, in the background. It is loaded only
// where an endpoint is set. A collector that hangs, refuses or is gone costs what waits for it, and nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Gauge, Metrics } from '../../api/platform/metrics.ts';
import type { AnsweredRequest } from '../../api/context.ts';
import type { RunObserver } from '../../workers/run-observer.ts';
import type { TelemetryConfig } from './config.ts';
import { metricProducerOf } from './metric-source.ts';
import { requestSpans } from './request-span.ts';
import { makeRunSpans } from './run-span.ts';
import { PlannedIds } from './span-id.ts';
import { UntendedEnds, type UntendedEndSources } from './untended-end.ts';

export interface OpenTelemetry {
  readonly observeRuns: RunObserver;
  readonly onAnswer: (answered: AnsweredRequest) => void;
  /** Tells of runs whose end is committed in this process while nobody works on them. */
  tellOfEnds(sources: Omit<UntendedEndSources, 'tell'>): UntendedEnds;
  /** What the process shows to Prometheus is sent as well. */
  sendMetricsOf(metrics: Metrics, further: () => readonly Gauge[]): void;
  /** Sends what waits, if that is soon done. */
  close(): Promise<void>;
}

const spanDelayMs = 1_000;
const spansWaiting = 4_096;
const closingMs = 2_000;

export function openTelemetry(config: TelemetryConfig, version: string): OpenTelemetry {
  const { tracesUrl, metricsUrl, headers, timeoutMs, metricIntervalMs, serviceName, attributes } = config;
  const resource = resourceFromAttributes({
    ...attributes,
    'service.name': serviceName,
    'service.version': version,
    'process.pid': process.pid,
  });
  const via = { headers: { ...headers }, timeoutMillis: timeoutMs };
  const ids = new PlannedIds();
  const processor = (url: string): BatchSpanProcessor =>
    new BatchSpanProcessor({
      exporter: new OTLPTraceExporter({ ...via, url }),
      scheduledDelayMillis: spanDelayMs,
      exportTimeoutMillis: timeoutMs,
      maxQueueSize: spansWaiting,
    });
  const tracers = new TracerProvider({
    resource,
    idGenerator: ids,
    spanProcessors: tracesUrl === null ? [] : [processor(tracesUrl)],
  });
  const source = metricProducerOf(resource);
  const reader = (url: string): PeriodicExportingMetricReader =>
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ ...via, url }),
      exportIntervalMillis: metricIntervalMs,
      exportTimeoutMillis: Math.min(timeoutMs, metricIntervalMs),
      metricProducers: [source.producer],
    });
  const meters = new MeterProvider({ resource, readers: metricsUrl === null ? [] : [reader(metricsUrl)] });
  const tracer = tracers.getTracer('loopledger', version);
  const runs = makeRunSpans({ tracer, ids, meter: meters.getMeter('loopledger', version) });
  return {
    observeRuns: runs.observe,
    onAnswer: requestSpans(tracer),
    tellOfEnds: (sources) => new UntendedEnds({ ...sources, tell: runs.ended }),
    sendMetricsOf: (metrics, further) => source.add(metrics, further),
    async close() {
      const sent = Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
      await Promise.race([sent, sleep(closingMs, undefined, { ref: false })]);
    },
  };
}
