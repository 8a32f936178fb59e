// What every write can refuse with, whatever it is about.
import { defineRefusals } from '../kernel/refusal.ts';

export const ledgerRefusals = defineRefusals({
  version_conflict: {
    kind: 'stale',
    title: 'The object has changed since the version in If-Match',
    remedy: 'Read the object again and repeat the request with its ETag.',
  },
  story_scope_exceeded: {
    kind: 'forbidden',
    title: 'The dispatch is for another story',
    remedy: 'Act on the story that GET /api/v1/whoami names, or ask for a dispatch that is for no single story.',
  },
  entry_too_large: {
    kind: 'oversized',
    title: 'The change is larger than one entry of the log may be',
    remedy: 'Split the change, or shorten its longest texts.',
  },
  idempotency_mismatch: {
    kind: 'rejected',
    title: 'The Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request.',
  },
  overloaded: {
    kind: 'unavailable',
    title: 'The server has more work than it can finish in good time',
    remedy: 'Repeat the request after Retry-After; it was not begun.',
  },
  database_unavailable: {
    kind: 'unavailable',
    title: 'The database does not answer at the moment',
    remedy: 'Repeat the request after Retry-After, with the same Idempotency-Key.',
  },
  outcome_unknown: {
    kind: 'unavailable',
    title: 'The write was sent to the database and no answer came back',
    remedy: 'Repeat the request with the same Idempotency-Key: it tells whether the first one was done.',
  },
});
