// Stands between the server and its database and replaces one text by another of the same length on the wire: breaks
// code that is deep in the driver without touching it.
import { once } from 'node:events';
import net from 'node:net';
import type { Teardown } from '../support/database.ts';

export interface BendingProxy {
  readonly url: string;
  /** How often the text came by. */
  count(): number;
}

export async function startBendingProxy(t: Teardown, url: string, from: string, to: string): Promise<BendingProxy> {
  if (Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error('a message on the wire keeps its length');
  const target = new URL(url);
  const sockets = new Set<net.Socket>();
  let count = 0;
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (client.destroy(), upstream.destroy()));
    }
    upstream.pipe(client);
    client.on('data', (bytes: Buffer) => {
      count += replaceAll(bytes, from, to);
      upstream.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bent = new URL(url);
  bent.hostname = '127.0.0.1';
  bent.port = String((server.address() as net.AddressInfo).port);
  return { url: bent.href, count: () => count };
}

function replaceAll(bytes: Buffer, from: string, to: string): number {
  let count = 0;
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) {
    bytes.write(to, at);
    count += 1;
  }
  return count;
}
