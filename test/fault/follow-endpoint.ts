// Endpoints of webhooks: each remembers the positions that it was sent, how often, and whether each stream came in order.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Sent {
  readonly data: { readonly position: number; readonly stream: { readonly id: string } };
}

export class Endpoint {
  readonly times = new Map<number, number>();
  readonly disorders: string[] = [];
  private readonly latest = new Map<string, number>();

  take({ data }: Sent): void {
    const { position, stream } = data;
    const before = this.times.get(position) ?? 0;
    this.times.set(position, before + 1);
    if (before > 0) return;
    const latest = this.latest.get(stream.id) ?? 0;
    if (position < latest) this.disorders.push(`${stream.id}: ${position} came after ${latest}`);
    else this.latest.set(stream.id, position);
  }

  get repeats(): number {
    let repeats = 0;
    for (const times of this.times.values()) repeats += times - 1;
    return repeats;
  }
}

export class Endpoints {
  private readonly byPath = new Map<string, Endpoint>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  add(name: string): { readonly url: string; readonly endpoint: Endpoint } {
    const endpoint = new Endpoint();
    this.byPath.set(`/${name}`, endpoint);
    return { url: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`, endpoint };
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** What is cut off half-way was not received, and is answered to nobody. */
  private answer(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.byPath.get(request.url ?? '')?.take(JSON.parse(Buffer.concat(parts).toString()) as Sent);
      response.writeHead(204).end();
    });
  }
}
