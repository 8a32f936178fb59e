// Counters and durations of requests, and how they are written for Prometheus.

const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

interface OperationStats {
  readonly byStatus: Map<number, number>;
  /** Per bucket, not cumulative yet; the last one has no bound. */
  readonly buckets: Float64Array;
  sumMs: number;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

export class Metrics {
  private readonly operations = new Map<string, OperationStats>();

  observe(operation: string, status: number, ms: number): void {
    let stats = this.operations.get(operation);
    if (stats === undefined) {
      stats = { byStatus: new Map(), buckets: new Float64Array(boundsMs.length + 1), sumMs: 0 };
      this.operations.set(operation, stats);
    }
    stats.byStatus.set(status, (stats.byStatus.get(status) ?? 0) + 1);
    stats.sumMs += ms;
    let bucket = 0;
    while (bucket < boundsMs.length && ms > (boundsMs[bucket] as number)) bucket += 1;
    (stats.buckets[bucket] as number) += 1;
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
    for (const [operation, stats] of this.operations) pushHistogram(lines, operation, stats);
    for (const { name, help, value } of gauges) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function pushHistogram(lines: string[], operation: string, { buckets, sumMs }: OperationStats): void {
  const name = 'loopledger_request_seconds';
  let count = 0;
  boundsMs.forEach((bound, index) => {
    count += buckets[index] as number;
    lines.push(`${name}_bucket{operation="${operation}",le="${bound / 1000}"} ${count}`);
  });
  count += buckets[boundsMs.length] as number;
  lines.push(
    `${name}_bucket{operation="${operation}",le="+Inf"} ${count}`,
    `${name}_sum{operation="${operation}"} ${sumMs / 1000}`,
    `${name}_count{operation="${operation}"} ${count}`,
  );
}
