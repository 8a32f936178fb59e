// What the load generator is told to do, and what it answers.

/** Wherever it stands in a request, the generator writes a number that it never wrote before. */
export const counterMark = '@@@@@@@@@@@@';

/** In a request of a circuit: the capability that the answer before it granted. */
export const tokenMark = '%capability%';

export type Spread = 'uniform' | 'skewed';

export interface HttpJob {
  /** Connections are shared out among them in turn. */
  readonly ports: readonly number[];
  readonly connections: number;
  readonly warmupMs: number;
  /** The job ends at whichever comes first. */
  readonly measureMs: number;
  readonly measureRequests: number;
  readonly expectedStatus: number;
  /** Complete requests; each connection draws one of them, sends it, and waits for its answer. */
  readonly requests: readonly string[];
  readonly spread: Spread;
  /** Every request goes to the same of the ports each time, as behind a balancer that looks at its key. */
  readonly isSorted?: boolean;
  /** In place of `requests`: each connection has one of its own, and goes around it. */
  readonly circuits?: readonly (readonly string[])[];
}

export interface InsertJob {
  readonly url: string;
  readonly clients: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly epicId: string;
  readonly body: string;
}

export interface JobResult {
  /** Answered in the time of the measurement. */
  readonly done: number;
  /** Answered at all, warm-up included. */
  readonly sent: number;
  readonly seconds: number;
  /** Bucket counts of a Histogram. */
  readonly latencies: readonly number[];
  readonly failures: number;
  /** The first answer that was not the expected one. */
  readonly firstFailure: string | null;
}
