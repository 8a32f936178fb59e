// What the shell refuses with, whatever a route is about.
import { defineRefusals } from '../kernel/refusal.ts';

export const shellRefusals = defineRefusals({
  pages_unbuilt: {
    kind: 'unavailable',
    title: 'The web pages are not there',
    remedy: 'Run `npm run build` where the server was installed, and start it again.',
  },
  request_malformed: {
    kind: 'invalid',
    title: 'The request is not well-formed HTTP',
    remedy: 'Send a valid HTTP/1.1 request with one Host header and a path in valid percent-encoding.',
  },
  body_invalid: {
    kind: 'invalid',
    title: 'The body does not have the shape that this operation takes',
    remedy: 'Mend every place that `errors` names; the shapes are in /openapi.json.',
  },
  body_missing: {
    kind: 'invalid',
    title: 'This operation needs a body',
    remedy: 'Send a JSON object with `Content-Type: application/json`.',
  },
  body_unexpected: {
    kind: 'invalid',
    title: 'This operation takes no body',
    remedy: 'Send the request without a body.',
  },
  json_malformed: {
    kind: 'invalid',
    title: 'The body is not JSON',
    remedy: 'Send one JSON text (RFC 8259) in UTF-8 without a byte order mark.',
  },
  json_duplicate_key: {
    kind: 'invalid',
    title: 'An object in the body has the same key twice',
    remedy: 'Name each member of an object once.',
  },
  json_forbidden_key: {
    kind: 'invalid',
    title: 'The body has a key that is never accepted',
    remedy: 'Rename the member `__proto__`.',
  },
  json_too_deep: {
    kind: 'invalid',
    title: 'The body is nested deeper than 32 levels',
    remedy: 'Flatten the body.',
  },
  json_number_range: {
    kind: 'invalid',
    title: 'A number in the body cannot be kept exactly',
    remedy: 'Keep integers within plus and minus 2^53 - 1; send larger ones as text.',
  },
  text_malformed: {
    kind: 'invalid',
    title: 'A text holds half of a surrogate pair or bytes that are not UTF-8',
    remedy: 'Send well-formed UTF-8.',
  },
  text_control: {
    kind: 'invalid',
    title: 'A text holds a control character',
    remedy: 'Remove control characters; tab and line ends are accepted in long texts.',
  },
  query_invalid: {
    kind: 'invalid',
    title: 'The query string does not fit this operation',
    remedy: 'Mend every parameter that `errors` names; unknown and repeated ones are refused.',
  },
  id_invalid: {
    kind: 'invalid',
    title: 'An id in the path is not an id',
    remedy: 'Use ids exactly as they were given: UUIDs in lower case with hyphens.',
  },
  header_invalid: {
    kind: 'invalid',
    title: 'A request header has a value that cannot be read',
    remedy: 'Mend the header that `errors` names.',
  },
  cursor_invalid: {
    kind: 'invalid',
    title: 'The cursor does not belong to this list',
    remedy: 'Pass `next_cursor` as it was given, with the same filters, or begin again without a cursor.',
  },
  unauthenticated: {
    kind: 'unauthenticated',
    title: 'The request carries no credential that is in force',
    remedy: 'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.',
  },
  route_missing: {
    kind: 'missing',
    title: 'There is nothing at this path',
    remedy: 'Look the path up in /api/v1/routes or /openapi.json.',
  },
  method_not_allowed: {
    kind: 'unmatched',
    title: 'This path does not take this method',
    remedy: 'Use one of the methods in the Allow header.',
  },
  request_timeout: {
    kind: 'late',
    title: 'The request did not arrive in time',
    remedy: 'Send the whole request without pauses.',
  },
  cursor_epoch: {
    kind: 'gone',
    title: 'The cursor belongs to an earlier history',
    remedy: 'Read the snapshot that Link names, or a fresh list, and follow from its cursor.',
  },
  body_too_large: {
    kind: 'oversized',
    title: 'The body is larger than this operation takes',
    remedy: 'Send less; the limit is in the detail.',
  },
  path_too_long: {
    kind: 'overlong',
    title: 'A part of the path is longer than any id or name',
    remedy: 'Check the path.',
  },
  media_type_unsupported: {
    kind: 'unsupported',
    title: 'The body is of another type than JSON',
    remedy: 'Send `Content-Type: application/json`, in UTF-8, not compressed.',
  },
  expectation_unmet: {
    kind: 'unmet',
    title: 'The expectation in the Expect header cannot be met',
    remedy: 'Send no Expect header but `100-continue`.',
  },
  rate_limited: {
    kind: 'limited',
    title: 'The request quota is used up',
    remedy: 'Wait as long as Retry-After says.',
  },
  headers_too_large: {
    kind: 'swollen',
    title: 'The header fields are too large',
    remedy: 'Send less than 16 KiB of header fields.',
  },
  not_ready: {
    kind: 'unavailable',
    title: 'This process should not get traffic now',
    remedy: 'Use another process, or wait; `checks` names what fails.',
  },
  position_not_reached: {
    kind: 'unavailable',
    title: 'This server has not seen the position in Loopledger-Min-Position yet',
    remedy: 'Repeat the request after Retry-After.',
  },
});
