// Counters and durations of requests, and how they are written for Prometheus.

export const bucketBoundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** Durations in buckets. */
export class Histogram {
  /** Per bucket, not cumulative yet; the last one has no bound. */
  readonly buckets = new Float64Array(bucketBoundsMs.length + 1);
  sumMs = 0;

  observe(ms: number): void {
    this.sumMs += ms;
    let bucket = 0;
    while (bucket < bucketBoundsMs.length && ms > (bucketBoundsMs[bucket] as number)) bucket += 1;
    (this.buckets[bucket] as number) += 1;
  }
}

interface OperationStats {
  readonly byStatus: Map<number, number>;
  readonly durations: Histogram;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** `name="value"`; gauges of one name follow each other. */
  readonly label?: string;
  readonly value: number;
}

export interface ReadMetrics {
  readonly operations: readonly (OperationStats & { readonly operation: string })[];
  readonly histograms: readonly { readonly name: string; readonly help: string; readonly histogram: Histogram }[];
  readonly gauges: readonly Gauge[];
}

export class Metrics {
  private readonly operations = new Map<string, OperationStats>();
  private readonly histograms = new Map<string, { readonly help: string; readonly histogram: Histogram }>();
  private readonly sources: (() => readonly Gauge[])[] = [];

  observe(operation: string, status: number, ms: number): void {
    let stats = this.operations.get(operation);
    if (stats === undefined) {
      stats = { byStatus: new Map(), durations: new Histogram() };
      this.operations.set(operation, stats);
    }
    stats.byStatus.set(status, (stats.byStatus.get(status) ?? 0) + 1);
    stats.durations.observe(ms);
  }

  /** One more histogram, by its full name. */
  histogram(name: string, help: string): Histogram {
    const histogram = new Histogram();
    this.histograms.set(name, { help, histogram });
    return histogram;
  }

  /** Gauges that are asked for each time the metrics are read. */
  addGauges(source: () => readonly Gauge[]): void {
    this.sources.push(source);
  }

  /** All that is counted, for whoever writes it elsewhere. */
  read(): ReadMetrics {
    return {
      operations: [...this.operations].map(([operation, stats]) => ({ operation, ...stats })),
      histograms: [...this.histograms].map(([name, told]) => ({ name, ...told })),
      gauges: this.sources.flatMap((source) => source()),
    };
  }

  render(gauges: readonly Gauge[]): string {
    const lines = ['# HELP loopledger_requests_total Requests answered.', '# TYPE loopledger_requests_total counter'];
    for (const [operation, { byStatus }] of this.operations) {
      for (const [status, count] of byStatus) {
        lines.push(`loopledger_requests_total{operation="${operation}",status="${status}"} ${count}`);
      }
    }
    lines.push(
      '# HELP loopledger_request_seconds Time from the request line to the answer.',
      '# TYPE loopledger_request_seconds histogram',
    );
    for (const [operation, { durations }] of this.operations) {
      pushHistogram(lines, 'loopledger_request_seconds', `operation="${operation}"`, durations);
    }
    for (const [name, { help, histogram }] of this.histograms) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`);
      pushHistogram(lines, name, '', histogram);
    }
    let before = '';
    for (const { name, help, label, value } of [...gauges, ...this.sources.flatMap((source) => source())]) {
      if (name !== before) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`);
      lines.push(label === undefined ? `${name} ${value}` : `${name}{${label}} ${value}`);
      before = name;
    }
    return `${lines.join('\n')}\n`;
  }
}

function pushHistogram(lines: string[], name: string, label: string, { buckets, sumMs }: Histogram): void {
  const besides = label === '' ? '' : `${label},`;
  const alone = label === '' ? '' : `{${label}}`;
  let count = 0;
  bucketBoundsMs.forEach((bound, index) => {
    count += buckets[index] as number;
    lines.push(`${name}_bucket{${besides}le="${bound / 1000}"} ${count}`);
  });
  count += buckets[bucketBoundsMs.length] as number;
  lines.push(
    `${name}_bucket{${besides}le="+Inf"} ${count}`,
    `${name}_sum${alone} ${sumMs / 1000}`,
    `${name}_count${alone} ${count}`,
  );
}
