// What the framework itself refuses while it reads a request, in our own words.
import { Refusal } from '../../kernel/refusal.ts';
import { shellRefusals } from '../refusals.ts';

const { refuse } = shellRefusals;

interface FrameworkError extends Error {
  readonly code?: string;
}

/** Anything that is not known here is a bug of ours and stays what it is. */
export function refusalOfFramework(error: FrameworkError, bodyLimitBytes: number): unknown {
  if (error instanceof Refusal) return error;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refuse('body_too_large', `The body is larger than ${bodyLimitBytes} bytes.`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_TYPE':
    case 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE':
      return unsupportedType();
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return refuse('request_malformed', 'The body is shorter or longer than Content-Length says.');
    case 'FST_ERR_BAD_URL':
      return refuse('request_malformed', 'The path is not valid percent-encoding.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return refuse('path_too_long', 'A part of the path is too long.');
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return refuse('request_malformed', 'The connection was closed before the request was complete.');
    default:
      return error;
  }
}

export function unsupportedType(): Refusal {
  return refuse(
    'media_type_unsupported',
    'A body is JSON: `Content-Type: application/json`, in UTF-8, not compressed.',
  );
}
