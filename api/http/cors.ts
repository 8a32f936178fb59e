// Cross-origin requests: only from origins on the list, compared exactly, and never with cookies.

const exposed = [
  'ETag',
  'Link',
  'Location',
  'Loopledger-Checkpoint',
  'Loopledger-Consistency',
  'Loopledger-Position',
  'Idempotency-Replayed',
  'RateLimit',
  'RateLimit-Policy',
  'Request-Id',
  'Retry-After',
].join(', ');
const accepted = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Loopledger-Capability',
  'Loopledger-Checkpoint',
  'Loopledger-Min-Position',
  'Loopledger-Step-Up',
  'Request-Id',
  'traceparent',
].join(', ');

export function corsHeaders(allowed: readonly string[], origin: string | undefined, headers: string[]): void {
  headers.push('vary', 'origin');
  if (origin === undefined || !allowed.includes(origin)) return;
  headers.push('access-control-allow-origin', origin, 'access-control-expose-headers', exposed);
}

/** What the answer to a preflight says beyond that. */
export function preflightHeaders(methods: readonly string[]): string[] {
  return [
    'access-control-allow-methods',
    methods.join(', '),
    'access-control-allow-headers',
    accepted,
    'access-control-max-age',
    '600',
  ];
}
