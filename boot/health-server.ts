// What a process without the API answers, so that whoever runs it can tell whether it lives and works.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ReadyCheck } from '../api/context.ts';

export interface HealthServer {
  close(): Promise<void>;
}

export async function startHealthServer(
  place: { readonly host: string; readonly port: number },
  checks: readonly ReadyCheck[],
): Promise<HealthServer> {
  let stopping = false;
  const server = createServer((request, response) => {
    const answer = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify({ status: status === 200 ? 'ok' : status === 404 ? 'missing' : 'unavailable' }));
    };
    if (request.url === '/livez') answer(200);
    else if (request.url !== '/readyz') answer(404);
    else if (stopping) answer(503);
    else void isReady(checks).then((ready) => answer(ready ? 200 : 503));
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

async function isReady(checks: readonly ReadyCheck[]): Promise<boolean> {
  const results = await Promise.allSettled(checks.map((check) => check.run()));
  return results.every((result) => result.status === 'fulfilled');
}
