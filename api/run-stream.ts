// A run as it goes, as server-sent events: what happened so far, what happens, and live output in between, to its end.
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { RunCancelled, RunFailed, RunSucceeded } from '../events/run-fact.ts';
import { runRules } from '../policies/run.ts';
import type { FeedPage, FeedRequest } from '../projections/feed.ts';
import { findRun } from '../projections/run.ts';
import type { Answer, Call } from './call.ts';
import { credentialOf, messagesOf, watchCaller, whenGone } from './changes-stream.ts';
import { confirmCaller } from './http/admission.ts';
import { type Route, route } from './route.ts';
import { missingRun, oneRun, RunPath, runExample, runParams } from './run.ts';

const ends = new Set([RunSucceeded.type, RunFailed.type, RunCancelled.type]);
/** Live output is dropped for whoever does not keep up; events are not. */
const mostWaiting = 1_000;

async function stream(call: Call<Static<typeof RunPath>>): Promise<Answer> {
  const { api, tenantId, params } = call;
  const found = await findRun(api.database, tenantId, params.run_id);
  if (found === null) throw missingRun();
  const seen = call.header('last-event-id');
  const request: FeedRequest = {
    tenantId,
    after: seen === undefined ? 0 : api.cursors.openFeed(tenantId, seen),
    limit: 200,
    filter: { types: null, projectIds: null, streams: [{ type: 'run', id: params.run_id }], actors: null },
    withData: true,
  };
  const leave = api.feed.enter(credentialOf(call));
  whenGone(call, leave);
  return {
    status: 200,
    body: '',
    type: 'text/event-stream; charset=utf-8',
    headers: ['x-accel-buffering', 'no'],
    stream: new RunStream(call, request, hasOutcome(found.body)).messages(),
  };
}

function hasOutcome(body: string): boolean {
  return (JSON.parse(body) as { readonly outcome: object | null }).outcome !== null;
}

/** Two sources, one line: events as the feed has them, and output as it is told. */
class RunStream {
  private readonly call: Call<Static<typeof RunPath>>;
  private readonly request: FeedRequest;
  /** Nothing happens in it any more, so there is nothing to wait for. */
  private readonly hasEnded: boolean;
  private waiting: string[] = [];
  private wake = (): void => undefined;
  private endWait = (): void => undefined;
  private over = false;

  constructor(call: Call<Static<typeof RunPath>>, request: FeedRequest, hasEnded: boolean) {
    this.call = call;
    this.request = request;
    this.hasEnded = hasEnded;
  }

  async *messages(): AsyncGenerator<string> {
    const { api, tenantId, params, response } = this.call;
    if (this.call.raw.method === 'HEAD') return;
    const watching = watchCaller(this.call);
    const leave = api.topics.join(tenantId, `run:${params.run_id}`, { hear: (_frame, data) => this.hear(data) });
    response.once('close', () => this.endWait());
    const reading = this.read().finally(() => this.end());
    try {
      while (!this.over || this.waiting.length > 0) {
        if (this.waiting.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
        const some = this.waiting;
        this.waiting = [];
        if (some.length > 0) yield some.join('');
      }
      await reading;
    } finally {
      leave();
      clearInterval(watching);
      this.endWait();
      await reading.catch(() => undefined);
    }
  }

  /** Whoever takes nothing but whole answers gets what there is. */
  private get isFollowing(): boolean {
    return /text\/event-stream|\*\/\*/i.test(this.call.header('accept') ?? '');
  }

  private get isWaiting(): boolean {
    return this.isFollowing && !this.hasEnded;
  }

  private hear(data: unknown): void {
    if (this.waiting.length < mostWaiting) this.say(`event: delta\ndata: ${JSON.stringify(data)}\n\n`);
  }

  private say(message: string): void {
    this.waiting.push(message);
    this.wake();
  }

  private end(): void {
    this.over = true;
    this.wake();
  }

  private async read(): Promise<void> {
    const { api, response } = this.call;
    let after = this.request.after;
    while (!response.destroyed && !api.stopping.aborted) {
      const page = await this.follow(after);
      after = page.position;
      this.say(messagesOf(this.call, page));
      if (hasEnd(page) || (!this.isWaiting && page.position >= page.head)) return;
    }
  }

  private follow(after: number | null): Promise<FeedPage> {
    const { call } = this;
    return call.api.feed.follow(
      { ...this.request, after },
      {
        credentialId: credentialOf(call),
        entered: true,
        ms: this.isWaiting ? call.api.options.heartbeatMs : 0,
        onGone: (end) => {
          this.endWait = end;
        },
        confirm: () => confirmCaller(call),
      },
    );
  }
}

function hasEnd({ text }: FeedPage): boolean {
  const events = text === '' ? [] : text.split(',\n');
  return events.some((event) => ends.has((JSON.parse(event) as { readonly type: string }).type));
}

export const runStreamRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: `${oneRun}/stream`,
    operation: 'streamRun',
    summary: 'Follow a run to its end, with live output',
    description:
      'Server-sent events. Those with an id are events of the run, from its first, or after `Last-Event-ID`; those called ' +
      '`delta` are output as it comes, which is not kept. The stream ends with the run; without `Accept` it ends with what there is.',
    tags: ['runs'],
    role: runRules.read,
    params: RunPath,
    status: 200,
    response: Type.String({ maxLength: Number.MAX_SAFE_INTEGER }),
    produces: 'text/event-stream',
    codes: ['run_not_found', 'feed_readers_exceeded', 'cursor_invalid'],
    examples: {
      params: runParams,
      response: `id: mBq1c0YQ\ndata: {"type":"run.requested","stream":{"type":"run","id":"${runExample.id}"}}\n\n`,
    },
    handler: stream,
  }),
];
