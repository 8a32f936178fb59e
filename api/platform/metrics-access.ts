// Who may read the metrics of a process.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface MetricsAccess {
  /** Opens them to other machines; without it only this one may read them. */
  readonly metricsToken: string | null;
  readonly trustProxy: boolean | string | readonly string[];
}

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';
const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** A reverse proxy on the same machine makes everyone look local, so behind one only the token counts. */
export function mayReadMetrics({ headers, socket }: IncomingMessage, access: MetricsAccess): boolean {
  const { metricsToken, trustProxy } = access;
  const given = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (metricsToken !== null) {
    return (
      given !== undefined && timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', metricsToken, 'buffer'))
    );
  }
  const forwarded = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  return trustProxy === false && !forwarded && loopback.has(socket.remoteAddress ?? '');
}
