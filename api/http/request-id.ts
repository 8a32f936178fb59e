// Request-Id and traceparent: accepted when well-formed, made or left out otherwise.
import type { IncomingHttpHeaders } from 'node:http';
import { newId } from '../../kernel/id.ts';
import { isVisibleAscii } from '../../kernel/text.ts';

const traceparent = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
const noTrace = '0'.repeat(32);

export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['request-id'];
  return typeof given === 'string' && isVisibleAscii(given, 128) ? given : newId();
}

/** The trace that a caller is in, or null when there is none that can be believed. */
export function traceIdOf(header: string): string | null {
  const trace = traceparent.exec(header)?.[1];
  return trace === undefined || trace === noTrace ? null : trace;
}
