// What a process without the API answers, so that whoever runs it can tell whether it lives and works.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ReadyCheck } from '../api/context.ts';
import { type MetricsAccess, mayReadMetrics, prometheusType } from '../api/platform/metrics-access.ts';
import { type Gauge, Metrics } from '../api/platform/metrics.ts';

export interface HealthServer {
  close(): Promise<void>;
}

export interface HealthSources {
  readonly checks: readonly ReadyCheck[];
  readonly gauges: () => readonly Gauge[];
  readonly access: MetricsAccess;
}

export async function startHealthServer(
  place: { readonly host: string; readonly port: number },
  sources: HealthSources,
): Promise<HealthServer> {
  let stopping = false;
  const server = createServer((request, response) => {
    if (request.url === '/livez') answer(response, 200);
    else if (request.url === '/metrics') answerMetrics(request, response, sources);
    else if (request.url !== '/readyz') answer(response, 404);
    else if (stopping) answer(response, 503);
    else void isReady(sources.checks).then((ready) => answer(response, ready ? 200 : 503));
  });
  server.listen(place.port, place.host);
  await once(server, 'listening');
  return {
    close: async () => {
      stopping = true;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const words: Readonly<Record<number, string>> = {
  200: 'ok',
  401: 'unauthenticated',
  404: 'missing',
  503: 'unavailable',
};

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ status: words[status] }));
}

function answerMetrics(request: IncomingMessage, response: ServerResponse, { access, gauges }: HealthSources): void {
  if (!mayReadMetrics(request, access)) {
    answer(response, 401);
    return;
  }
  response.writeHead(200, { 'content-type': prometheusType, 'cache-control': 'no-store' });
  response.end(new Metrics().render(gauges()));
}

async function isReady(checks: readonly ReadyCheck[]): Promise<boolean> {
  const results = await Promise.allSettled(checks.map((check) => check.run()));
  return results.every((result) => result.status === 'fulfilled');
}
