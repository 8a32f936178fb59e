// Starts and stops the API of one process.
import { newId } from '../kernel/id.ts';
import type { ApiSources } from './context.ts';
import { type ApiServer, buildServer } from './server.ts';
import { RunEar } from './stream/run-ear.ts';

export interface ApiPlace {
  readonly host: string;
  readonly port: number;
}

export interface RunningApi {
  readonly url: string;
  readonly server: ApiServer;
  /** Finishes what is in hand. Rejects nothing: after `patienceMs` the connections that are left are cut. */
  close(patienceMs?: number): Promise<void>;
}

const defaultPatienceMs = 10_000;

export async function startApi(sources: ApiSources, place: ApiPlace): Promise<RunningApi> {
  const server = buildServer(sources);
  const { authenticator, pressure, rates } = server.api;
  const ear = new RunEar({ ...server.api, watcher: sources.watcher ?? newId() });
  const url = await server.http.listen({ host: place.host, port: place.port });
  pressure.start();
  authenticator.start();
  rates.start();
  ear.start();

  async function close(patienceMs = defaultPatienceMs): Promise<void> {
    server.beginStop();
    const unheard = ear.stop();
    const cut = setTimeout(() => server.http.server.closeAllConnections(), patienceMs);
    await server.http.close();
    clearTimeout(cut);
    await sources.ledger.drain();
    authenticator.stop();
    await rates.stop();
    pressure.stop();
    await unheard;
  }

  return { url, server, close };
}
