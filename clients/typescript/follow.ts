// Follows the log by long poll: page after page from a cursor, and each event once however often a page is asked for.

import type { EventData, EventFrame } from './types.ts';

/** An event of the log; its type says what its data is. */
export type LogEvent = {
  [Type in keyof EventData]: EventFrame & { readonly type: Type; readonly data: EventData[Type] };
}[keyof EventData];

/** Events, and the cursor to keep once they are done with. Without events it is a bookmark. */
export interface Followed {
  readonly events: readonly LogEvent[];
  readonly cursor: string;
}

export interface FollowOptions {
  /** Such as `https://ledger.example`. */
  readonly url: string;
  readonly key: string;
  /** `0`, `now`, a cursor, or a time. */
  readonly since?: string;
  readonly types?: readonly string[];
  readonly projectId?: string;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

interface Page {
  readonly data: readonly LogEvent[];
  readonly next_cursor: string;
}

const waitSeconds = 25;
const firstPauseMs = 200;
const longestPauseMs = 10_000;

/** An answer that no other try will change. */
export class FollowError extends Error {
  override readonly name = 'FollowError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`the server answered ${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export async function* follow(options: FollowOptions): AsyncGenerator<Followed, void> {
  let since = options.since ?? 'now';
  let seen = 0;
  let pauseMs = firstPauseMs;
  while (options.signal?.aborted !== true) {
    const page = await readPage(options, since).catch((error: unknown) => {
      if (error instanceof FollowError) throw error;
      return null;
    });
    if (page === null) {
      await pause(pauseMs, options.signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      continue;
    }
    pauseMs = firstPauseMs;
    const events = page.data.filter(({ position }) => position > seen);
    seen = events.at(-1)?.position ?? seen;
    since = page.next_cursor;
    yield { events, cursor: since };
  }
}

/** Null when it is worth another try. */
async function readPage(options: FollowOptions, since: string): Promise<Page | null> {
  const query = new URLSearchParams({ since, wait: String(waitSeconds) });
  for (const type of options.types ?? []) query.append('types', type);
  if (options.projectId !== undefined) query.append('project_id', options.projectId);
  const response = await fetch(`${options.url}/api/v1/changes?${query.toString()}`, {
    headers: { authorization: `Bearer ${options.key}` },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (response.ok) return (await response.json()) as Page;
  if (response.status === 429 || response.status >= 500) return null;
  const { code } = (await response.json()) as { readonly code: string };
  throw new FollowError(response.status, code);
}

/** With some chance in it, so that many who were cut off together do not come back together. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms * (0.5 + Math.random()));
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
    if (signal?.aborted === true) done();
  });
}
