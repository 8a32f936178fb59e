// What the process counts for Prometheus anyway, as metrics of OpenTelemetry: read when they are sent, so counting costs no more.
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type GaugeMetricData,
  type HistogramMetricData,
  type MetricData,
  type MetricProducer,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import {
  bucketBoundsMs,
  type Gauge,
  type Histogram,
  type Metrics,
  type ReadMetrics,
} from '../../api/platform/metrics.ts';

export interface MetricSource {
  readonly producer: MetricProducer;
  add(metrics: Metrics, further: () => readonly Gauge[]): void;
}

export function metricProducerOf(resource: Resource): MetricSource {
  const all: (() => ReadMetrics)[] = [];
  const startTime = hrTime(Date.now());
  const collect = (): MetricData[] => {
    const span: Span = { startTime, endTime: hrTime(Date.now()) };
    return all.flatMap((read) => metricsOf(read(), span));
  };
  const scope = { name: 'loopledger' };
  return {
    add(metrics, further) {
      all.push(() => {
        const { gauges, ...counted } = metrics.read();
        return { ...counted, gauges: [...gauges, ...further()] };
      });
    },
    producer: {
      collect: () =>
        Promise.resolve({ resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: collect() }] }, errors: [] }),
    },
  };
}

interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}

function metricsOf({ operations, histograms, gauges }: ReadMetrics, span: Span): MetricData[] {
  const counts = operations.flatMap(({ operation, byStatus }) =>
    [...byStatus].map(([status, value]) => ({ ...span, value, attributes: { operation, status } })),
  );
  const requests: SumMetricData = {
    ...head('loopledger_requests_total', 'Requests answered.', '{request}'),
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: counts,
  };
  const durations = operations.map(({ operation, durations: one }) => histogramPoint(span, one, { operation }));
  const named = histograms.map(({ name, help, histogram }) =>
    histogramOf(name, help, [histogramPoint(span, histogram, {})]),
  );
  const requestSeconds = histogramOf(
    'loopledger_request_seconds',
    'Time from the request line to the answer.',
    durations,
  );
  return [requests, requestSeconds, ...named, ...gaugesOf(gauges, span)];
}

function head(name: string, description: string, unit: string) {
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  } as const;
}

function histogramOf(name: string, help: string, dataPoints: HistogramMetricData['dataPoints']): HistogramMetricData {
  return { ...head(name, help, 's'), dataPointType: DataPointType.HISTOGRAM, dataPoints };
}

function histogramPoint(span: Span, { buckets, sumMs }: Histogram, attributes: Attributes) {
  const counts = [...buckets];
  const count = counts.reduce((sum, one) => sum + one, 0);
  const boundaries = bucketBoundsMs.map((ms) => ms / 1_000);
  return { ...span, attributes, value: { buckets: { boundaries, counts }, count, sum: sumMs / 1_000 } };
}

function gaugesOf(gauges: readonly Gauge[], span: Span): GaugeMetricData[] {
  const byName = Map.groupBy(gauges, ({ name }) => name);
  return [...byName].map(([name, ones]) => ({
    ...head(name, ones[0]?.help ?? '', '1'),
    dataPointType: DataPointType.GAUGE,
    dataPoints: ones.map(({ label, value }) => ({ ...span, value, attributes: labelOf(label) })),
  }));
}

function labelOf(label: string | undefined): Attributes {
  const [, name, value] = /^(\w+)="(.*)"$/.exec(label ?? '') ?? [];
  return name === undefined || value === undefined ? {} : { [name]: value };
}
