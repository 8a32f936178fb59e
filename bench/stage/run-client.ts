// Asks for runs as a client does, and notes when each thing that happens to one is heard of.
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunClient {
  readonly port: number;
  readonly key: string;
}

/** When something was heard of, by the clock of `performance`. */
export interface Heard {
  /** The type of an event, or `delta` for live output. */
  readonly what: string;
  readonly atMs: number;
  readonly data: string;
}

export interface Asked {
  readonly id: string;
  readonly askedMs: number;
  readonly answeredMs: number;
}

export async function call<Answer>(client: RunClient, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${client.key}`, 'content-type': 'application/json' };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(`http://127.0.0.1:${client.port}/api/v1${path}`, init);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Answer;
}

export async function askForRun(client: RunClient, body: object): Promise<Asked> {
  const askedMs = performance.now();
  const { id } = await call<{ id: string }>(client, 'POST', '/runs', body);
  return { id, askedMs, answeredMs: performance.now() };
}

/** The run as it is streamed, to its end. */
export async function* follow(client: RunClient, id: string): AsyncGenerator<Heard> {
  const headers = { authorization: `Bearer ${client.key}`, accept: 'text/event-stream' };
  const answer = await fetch(`http://127.0.0.1:${client.port}/api/v1/runs/${id}/stream`, { headers });
  if (!answer.ok || answer.body === null) throw new Error(await answer.text());
  let text = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const atMs = performance.now();
    text += chunk;
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const data = /^data: (.+)$/m.exec(message)?.[1];
      if (data === undefined) continue;
      // What is no delta is an event of the log.
      const what = /^event: (.+)$/m.exec(message)?.[1] ?? (JSON.parse(data) as { readonly type: string }).type;
      yield { what, atMs, data };
    }
  }
}

/** All that is heard of a run, and an error when it does not end as it is to. */
export async function followTo(client: RunClient, id: string, end: string): Promise<Heard[]> {
  const heard = await Array.fromAsync(follow(client, id));
  const last = heard.findLast(({ what }) => what.startsWith('run.'));
  if (last?.what !== end) throw new Error(`a run ended with ${last?.what ?? 'nothing'} and not with ${end}`);
  return heard;
}

export function timeOf(heard: readonly Heard[], what: string): number {
  const found = heard.find((one) => one.what === what);
  if (found === undefined) throw new Error(`nothing was heard of ${what}`);
  return found.atMs;
}

/** Between runs, so that one is not measured with what the last one left to do. */
export async function rest(): Promise<void> {
  await sleep(50);
}
