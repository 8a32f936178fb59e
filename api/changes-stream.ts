// The feed as server-sent events. Each event's id is the cursor after it, so a browser that lost the connection goes on
// by itself with Last-Event-ID.
import type { FeedPage, FeedRequest } from '../projections/feed.ts';
import type { Answer, Call } from './call.ts';
import { confirmCaller } from './http/admission.ts';

/** Oftener than a key is trusted without being confirmed, so that one that is in use is always confirmed in time. */
const confirmEveryMs = 500;
const reconnectMs = 1_000;

export function wantsEvents(call: Call): boolean {
  return (call.header('accept') ?? '').split(',').some((type) => /^\s*text\/event-stream\s*(?:;|$)/i.test(type));
}

export function streamEvents(call: Call, request: FeedRequest): Answer {
  const leave = call.api.feed.enter(credentialOf(call));
  whenGone(call, leave);
  return {
    status: 200,
    body: '',
    type: 'text/event-stream; charset=utf-8',
    // Proxies that gather answers would keep events back.
    headers: ['x-accel-buffering', 'no'],
    stream: call.raw.method === 'HEAD' ? nothing() : follow(call, request),
  };
}

/** Runs at once when the caller has gone already. */
export function whenGone({ response }: Call, leave: () => void): void {
  if (response.destroyed) leave();
  else response.once('close', leave);
}

async function* nothing(): AsyncGenerator<string> {
  // A question about the headers alone.
}

async function* follow(call: Call, request: FeedRequest): AsyncGenerator<string> {
  const { api, response } = call;
  const watching = watchCaller(call);
  let endWait = (): void => undefined;
  response.once('close', () => endWait());
  try {
    const first = await api.feed.read(request);
    yield `retry: ${reconnectMs}\n\n${messagesOf(call, first)}`;
    let after = first.position;
    while (!response.destroyed && !api.stopping.aborted) {
      const page = await api.feed.follow(
        { ...request, after },
        {
          credentialId: credentialOf(call),
          entered: true,
          ms: api.options.heartbeatMs,
          onGone: (end) => {
            endWait = end;
          },
          confirm: () => confirmCaller(call),
        },
      );
      after = page.position;
      yield messagesOf(call, page);
    }
  } finally {
    clearInterval(watching);
  }
}

/** Whoever may no longer read is cut off, also while nothing happens. */
export function watchCaller(call: Call): NodeJS.Timeout {
  const timer = setInterval(() => {
    confirmCaller(call).catch(() => call.response.destroy());
  }, confirmEveryMs);
  return timer.unref();
}

export function messagesOf(call: Call, page: FeedPage): string {
  const idAt = (position: number): string => `id: ${call.api.cursors.sealFeed(call.tenantId, position)}\n`;
  const events = page.text === '' ? [] : page.text.split(',\n');
  const messages = events.map((text) => {
    const { position } = JSON.parse(text) as { readonly position: number };
    return `${idAt(position)}data: ${text}\n\n`;
  });
  // Without data it is no event, and the reader remembers the place all the same.
  return `${messages.join('')}${idAt(page.position)}\n`;
}

/** Whose readers are counted together: a key or a session. */
export function credentialOf(call: Call): string {
  return `${call.tenantId} ${call.credential?.keyId}`;
}
