// Ids of spans and traces. Those of a run follow from the run, so that whoever goes on with it in another process goes on with
// its trace, and a step can be named as a parent before it has ended.
import { createHash, randomBytes } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace';

const noIds = { trace: null, span: null };

export class PlannedIds implements IdGenerator {
  private planned: { readonly trace: string | null; readonly span: string | null } = noIds;

  /** For the one span that is begun by `begin`. */
  plan<Begun>(ids: { readonly trace: string | null; readonly span: string | null }, begin: () => Begun): Begun {
    this.planned = ids;
    try {
      return begin();
    } finally {
      this.planned = noIds;
    }
  }

  generateTraceId(): string {
    return this.planned.trace ?? randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    return this.planned.span ?? randomBytes(8).toString('hex');
  }
}

export function traceIdOfRun(runId: string): string {
  return runId.replaceAll('-', '');
}

export function spanIdOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16);
}

/** The first bytes of an id are the time at which it was made. */
export function bornMs(id: string): number {
  return Number.parseInt(traceIdOfRun(id).slice(0, 12), 16);
}
