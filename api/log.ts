// The log of the process: one line a request, allow-listed fields, and a last gate that no secret of ours passes.
import pino from 'pino';
import { scrubSecrets } from '../kernel/secret.ts';
import type { Logger } from './context.ts';

export interface LogOptions {
  readonly level: string;
  /** Where lines go; the standard output when missing. */
  readonly write?: (line: string) => void;
}

export function createLogger({ level, write }: LogOptions): Logger & { flush(): void } {
  const output = pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 200 });
  const out = write ?? ((line: string) => output.write(line));
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: stampOfNow,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    { write: (line: string) => out(scrubSecrets(line)) },
  );
}

let stampMs = 0;
let stamp = '';

/** Lines of one millisecond share the text of their time. */
function stampOfNow(): string {
  const nowMs = Date.now();
  if (nowMs !== stampMs) {
    stampMs = nowMs;
    stamp = `,"time":"${new Date(nowMs).toISOString()}"`;
  }
  return stamp;
}

/** An error of the driver carries rows, parameters and SQL; the log gets its name, its text and where it came from. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: typeof error };
  const { name, message, stack } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { name, message, stack, ...code };
}
