// What the checker counts and what it finds wrong.

export interface Counts {
  tenants: number;
  events: number;
  acknowledged: number;
  refused: number;
  unknown: number;
  unknownDone: number;
  replayed: number;
  answers: number;
  pages: number;
  readEvents: number;
  replayedEvents: number;
}

export class Verdict {
  readonly counts: Counts = {
    tenants: 0,
    events: 0,
    acknowledged: 0,
    refused: 0,
    unknown: 0,
    unknownDone: 0,
    replayed: 0,
    answers: 0,
    pages: 0,
    readEvents: 0,
    replayedEvents: 0,
  };
  readonly tenants: string[] = [];
  /** The first of them; a broken log breaks every rule after it. */
  readonly findings: string[] = [];
  failures = 0;

  fault(rule: string, tenant: string, what: string): void {
    this.failures += 1;
    if (this.findings.length < 50) this.findings.push(`${rule} · ${tenant} · ${what}`);
  }

  get sound(): boolean {
    return this.failures === 0;
  }

  summary(): string {
    const counted = Object.entries(this.counts).map(([name, count]) => `${name} ${count}`);
    return `${this.sound ? 'sound' : `${this.failures} faults`}: ${counted.join(', ')}`;
  }
}
