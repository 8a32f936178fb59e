// What the subscribers are told to do, and what they answer.

export interface OpenJob {
  readonly what: 'open';
  readonly port: number;
  readonly key: string;
  readonly count: number;
}

export interface WriteJob {
  readonly what: 'write';
  readonly port: number;
  readonly key: string;
  readonly path: string;
  readonly body: string;
  readonly events: number;
  readonly perSecond: number;
}

export type SubscriberJob = OpenJob | WriteJob | { readonly what: 'close' };

export interface SubscriberAnswer {
  readonly sockets: number;
  /** Messages that did not come in time. */
  readonly missing: number;
  /** Messages that came, over all sockets. */
  readonly perSecond: number;
  /** Bucket counts of a Histogram: from the writer's answer, and from its question. */
  readonly fromCommit: readonly number[];
  readonly fromRequest: readonly number[];
}
