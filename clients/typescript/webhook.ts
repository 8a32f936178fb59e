// Checks what a webhook is sent: that it comes from whoever has the secret, is as it was sent, and is not old.
import type { LogEvent } from './follow.ts';

export interface ReceivedWebhook {
  /** `whsec_…`, or `whpk_…` for signatures with a public key. During a rotation, the former one as well. */
  readonly secrets: readonly string[];
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As it came: parsed and written again, it has another signature. */
  readonly body: string | Uint8Array;
  readonly toleranceSeconds?: number;
  readonly nowMs?: number;
}

export interface WebhookMessage {
  /** The same whenever it is sent again: whoever remembers it sees each message once. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  /** Null for a test. */
  readonly event: SentEvent | null;
}

/** An event as the log has it, but for the hashes that prove it. */
export type SentEvent = LogEvent extends infer Event
  ? Event extends LogEvent
    ? Omit<Event, 'leaf_hash' | 'chain_hash'>
    : never
  : never;

export class WebhookError extends Error {
  override readonly name = 'WebhookError';
  readonly code: 'header_missing' | 'timestamp_off' | 'signature_wrong' | 'secret_malformed';

  constructor(code: WebhookError['code']) {
    super(`the webhook is not accepted: ${code}`);
    this.code = code;
  }
}

const fiveMinutes = 300;

/** Throws a WebhookError for whatever must not be believed. */
export async function verifyWebhook(received: ReceivedWebhook): Promise<WebhookMessage> {
  const { secrets, headers, body, toleranceSeconds = fiveMinutes, nowMs = Date.now() } = received;
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  ) as [string, string, string];
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookError('timestamp_off');
  if (!(Math.abs(nowMs / 1_000 - Number(timestamp)) <= toleranceSeconds)) throw new WebhookError('timestamp_off');
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const checks = secrets.flatMap((secret) => signatures.split(' ').map((one) => isSignedBy(secret, one, signed)));
  if (!(await Promise.all(checks)).includes(true)) throw new WebhookError('signature_wrong');
  const { type, timestamp: at, data } = JSON.parse(new TextDecoder().decode(bytes)) as Body;
  return { id, type, timestamp: at, event: 'position' in data ? (data as SentEvent) : null };
}

interface Body {
  readonly type: string;
  readonly timestamp: string;
  readonly data: object;
}

function headerOf(headers: ReceivedWebhook['headers'], name: string): string {
  const found = headers instanceof Headers ? headers.get(name) : headers[name];
  const value = typeof found === 'object' && found !== null ? found.join(' ') : found;
  if (value === undefined || value === null || value === '') throw new WebhookError('header_missing');
  return value;
}

/** The platform compares: in the same time for every wrong signature. */
async function isSignedBy(secret: string, signature: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [version, text = ''] = signature.split(',');
  const isPublic = secret.startsWith('whpk_');
  if (version !== (isPublic ? 'v1a' : 'v1')) return false;
  const proof = bytesOf(text);
  if (proof === null) return false;
  const key = await importKey(secret, isPublic);
  return crypto.subtle.verify(isPublic ? 'Ed25519' : 'HMAC', key, proof, signed);
}

async function importKey(secret: string, isPublic: boolean): Promise<CryptoKey> {
  const bytes = bytesOf(secret.replace(/^(?:whsec|whpk)_/, ''));
  if (bytes === null || bytes.length === 0) throw new WebhookError('secret_malformed');
  const algorithm = isPublic ? 'Ed25519' : { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
}

/** Null for what is no base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
  } catch {
    return null;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
