// Traces: what an event came of goes on with its deliveries, under the same trace.

/** Null for a correlation that is no trace id and not made of one. */
export function traceparentOf(correlationId: string, spanId: string): string | null {
  const trace = correlationId.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(trace) || /^0+$/.test(trace) || !/^[0-9a-f]{16}$/.test(spanId)) return null;
  return `00-${trace}-${spanId}-01`;
}
