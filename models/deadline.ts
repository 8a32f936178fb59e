// For how long a model may be silent, and for how long it may speak.
import { ModelFailure } from './port.ts';

interface DeadlineOptions {
  readonly firstTokenMs: number;
  readonly totalMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Deadline {
  readonly signal: AbortSignal;
  /** The first token is there. */
  spoken(): void;
  end(): void;
  /** Why it was broken off from here; null when it was not. */
  failure(text: string): ModelFailure | null;
}

export function startDeadline({ firstTokenMs, totalMs, signal }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  let failed: 'timeout' | 'aborted' | null = null;
  let detail = '';
  const breakOff = (kind: 'timeout' | 'aborted', why: string): void => {
    if (failed !== null) return;
    failed = kind;
    detail = why;
    controller.abort();
  };
  const abort = (): void => breakOff('aborted', 'The question was withdrawn.');
  const first = setTimeout(() => breakOff('timeout', `No answer began within ${firstTokenMs} ms.`), firstTokenMs);
  const whole = setTimeout(() => breakOff('timeout', `No whole answer within ${totalMs} ms.`), totalMs);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    spoken: () => clearTimeout(first),
    end() {
      clearTimeout(first);
      clearTimeout(whole);
      signal?.removeEventListener('abort', abort);
    },
    failure: (text) => (failed === null ? null : new ModelFailure(failed, detail, { text: text === '' ? null : text })),
  };
}
