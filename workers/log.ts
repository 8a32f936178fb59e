// The part of a logger that workers use, and the gauges that they show.

export interface WorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface WorkerGauge {
  readonly name: string;
  readonly help: string;
  /** `name="value"`; gauges of one name follow each other. */
  readonly label?: string;
  readonly value: number;
}
