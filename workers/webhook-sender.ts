// One attempt: a signed request, a bounded look at the answer, and a word for what came of it.
import { type Dispatcher, request } from 'undici';
import { soundText } from '../kernel/sound.ts';
import { signDelivery } from '../kernel/webhook-signature.ts';

export type FailureClass =
  | 'dns'
  | 'tls'
  | 'connect'
  | 'timeout'
  | 'ssrf'
  | 'redirect'
  | 'http_4xx'
  | 'http_5xx'
  | 'body'
  | 'secret';

export interface Sending {
  readonly wayOut: Dispatcher;
  readonly url: string;
  readonly id: string;
  readonly body: string;
  readonly traceparent?: string | null;
  /** The one in force first; none at all is a failure, because nothing goes out unsigned. */
  readonly secrets: readonly string[];
  readonly totalMs?: number;
  /** Then an attempt that was broken off is none: it says nothing about the receiver. */
  readonly isStopping?: () => boolean;
}

export interface Attempt {
  readonly started_at: string;
  readonly taken: boolean;
  readonly error: FailureClass | null;
  readonly request: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  readonly response: Response | null;
  readonly timings: { readonly first_byte_ms: number | null; readonly total_ms: number };
}

interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

const defaultTotalMs = 15_000;
const readBytes = 65_536;
const keptBytes = 4_096;
const keptHeaders = ['content-type', 'content-length', 'retry-after', 'location', 'server', 'date'];

/** Null when this process broke it off. */
export async function attempt(sending: Sending): Promise<Attempt | null> {
  const { url, id, body, secrets, traceparent = null, totalMs = defaultTotalMs } = sending;
  const startedMs = Date.now();
  const timestamp = Math.floor(startedMs / 1_000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Loopledger-Webhooks/1',
    'accept-encoding': 'identity',
    ...(traceparent === null ? {} : { traceparent }),
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signDelivery(secrets, { id, timestamp, body }),
  };
  const begun = performance.now();
  const since = (): number => Math.round((performance.now() - begun) * 10) / 10;
  const shared = { started_at: new Date(startedMs).toISOString(), request: { url, headers } };
  if (secrets.length === 0) return failure('secret', null, null);
  const deadline = AbortSignal.timeout(totalMs);
  let answer: Dispatcher.ResponseData | null = null;
  let firstMs: number | null = null;
  try {
    answer = await request(url, {
      dispatcher: sending.wayOut,
      method: 'POST',
      headers,
      body,
      headersTimeout: totalMs,
      bodyTimeout: totalMs,
      signal: deadline,
    });
    firstMs = since();
    const read = await readSome(answer.body);
    const response = { status: answer.statusCode, headers: headersOf(answer), ...read };
    const error = classOf(answer.statusCode);
    return {
      ...shared,
      taken: error === null,
      error,
      response,
      timings: { first_byte_ms: firstMs, total_ms: since() },
    };
  } catch (error) {
    if (sending.isStopping?.() === true) return null;
    if (answer === null) return failure(deadline.aborted ? 'timeout' : classOfError(error), null, firstMs);
    // What came before the answer broke off does not count: whether the rest said otherwise is not known.
    const response = { status: answer.statusCode, headers: headersOf(answer), body: '', truncated: true };
    return failure('body', response, firstMs);
  }

  function failure(error: FailureClass, response: Response | null, first: number | null): Attempt {
    return { ...shared, taken: false, error, response, timings: { first_byte_ms: first, total_ms: since() } };
  }
}

/** No more than is worth looking at; an endless answer is cut off. */
async function readSome(stream: Dispatcher.ResponseData['body']): Promise<{ body: string; truncated: boolean }> {
  const kept: Buffer[] = [];
  let [seen, held] = [0, 0];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    seen += chunk.length;
    const part = chunk.subarray(0, Math.max(keptBytes - held, 0));
    kept.push(part);
    held += part.length;
    if (seen > readBytes) break;
  }
  return { body: textOf(Buffer.concat(kept)), truncated: seen > keptBytes };
}

function textOf(bytes: Buffer): string {
  return soundText(bytes.toString('utf8'));
}

function headersOf({ headers }: Dispatcher.ResponseData): Record<string, string> {
  const found = keptHeaders.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, textOf(Buffer.from(String(value).slice(0, 500)))]];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

function classOf(status: number): FailureClass | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'redirect';
  return status < 500 ? 'http_4xx' : 'http_5xx';
}

function classOfError(error: unknown): FailureClass {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'target_refused') return 'ssrf';
  if (/^(?:ENOTFOUND|EAI_|ENODATA)/.test(code)) return 'dns';
  if (/TIMEOUT/.test(code)) return code.includes('CONNECT') ? 'connect' : 'timeout';
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME/.test(code)) return 'tls';
  return 'connect';
}
