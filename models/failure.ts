// What a provider, the network or the SDK throws, in the few words that decide what is done about it.
import { APICallError } from 'ai';
import { ModelFailure, type ModelFailureKind, type ModelTokens } from './port.ts';

interface Partial {
  readonly text: string;
  readonly tokens: ModelTokens | null;
}

/** Failures before a question was sent. */
const unsent =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|ENODATA|EPROTO|target_refused|UND_ERR_CONNECT_TIMEOUT|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

export function failureOf(error: unknown, { text, tokens }: Partial): ModelFailure {
  if (error instanceof ModelFailure) return error;
  const heard = { text: text === '' ? null : text, tokens };
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 400) {
    return failureOfStatus(error.statusCode, error);
  }
  const code = codesOf(error).find((one) => unsent.test(one));
  if (code !== undefined) {
    const kind = code.endsWith('TIMEOUT') ? 'timeout' : 'unavailable';
    return new ModelFailure(kind, `The provider cannot be reached (${code}).`, { isFree: true });
  }
  if (APICallError.isInstance(error)) return new ModelFailure('truncated', 'The answer broke off.', heard);
  const said = saidInStream(error);
  if (said !== null) return new ModelFailure(said, 'The provider broke its answer off with an error.', heard);
  return new ModelFailure('invalid', 'The answer does not follow the protocol of the provider.', heard);
}

/** Texts of providers are not passed on: they can repeat what they were asked, and a key that they do not like. */
function failureOfStatus(status: number, error: APICallError): ModelFailure {
  return new ModelFailure(kindOfStatus(status), `The provider answered ${status}.`, {
    // Behind a gateway that gave up, a model may have answered all the same.
    isFree: status < 500 ? status !== 408 : status === 503 || status === 529,
    retryAfterMs: retryAfterOf(error.responseHeaders ?? {}),
  });
}

function kindOfStatus(status: number): ModelFailureKind {
  if (status === 429) return 'limited';
  if (status === 401 || status === 402 || status === 403) return 'unauthorized';
  if (status === 408 || status === 504) return 'timeout';
  return status >= 500 ? 'unavailable' : 'rejected';
}

/** In seconds or as a date; some say milliseconds in a header of their own. */
export function retryAfterOf(headers: Readonly<Record<string, string>>, nowMs = Date.now()): number | null {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.ceil(exact);
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  const until = Date.parse(text);
  return Number.isNaN(until) ? null : Math.max(until - nowMs, 0);
}

/** Both providers can say in the middle of a stream that they will not go on. */
function saidInStream(error: unknown): ModelFailureKind | null {
  if (typeof error === 'string') return 'unavailable';
  if (typeof error !== 'object' || error === null || error instanceof Error) return null;
  const text = JSON.stringify(error);
  if (/rate_limit|insufficient_quota/.test(text)) return 'limited';
  return /authentication|permission/.test(text) ? 'unauthorized' : 'unavailable';
}

/** Of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    if (at instanceof AggregateError) codes.push(...at.errors.flatMap(codesOf));
  }
  return codes;
}
