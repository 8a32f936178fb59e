// A TCP proxy before PostgreSQL that knows where calls and answers begin and end, and strikes at a named point of a commit.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Call, ClientSide, ServerSide } from './wire.ts';

/**
 * `load`: the process asks for states, before it decides. `held`: the call has left the process and not reached the
 * server. `torn`: half of it has. `sent`: all of it has. `done`: the server has committed, and no answer has passed.
 * `halved`: half of the answer has. `told`: all of it has.
 */
export const points = ['load', 'held', 'torn', 'sent', 'done', 'halved', 'told'] as const;
export type Point = (typeof points)[number];

/** `cut` closes both sides, `hang` leaves both open and silent for ever, a number delays by so many milliseconds. */
export type Act = 'cut' | 'hang' | number | (() => void);

interface Trap {
  readonly point: Point;
  readonly act: Act;
  readonly sprung: () => void;
}

export class Proxy {
  private readonly server: Server;
  private readonly target: URL;
  private readonly pairs = new Set<Pair>();
  private trap: Trap | null = null;
  hits = 0;

  private constructor(target: string) {
    this.target = new URL(target);
    this.server = createServer({ allowHalfOpen: false }, (socket) => this.accept(socket));
  }

  static async open(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** The target's URL, by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    return url.href;
  }

  /** Strikes the next commit that passes the point; resolves when it has. */
  strike(point: Point, act: Act): Promise<void> {
    return new Promise((resolve) => (this.trap = { point, act, sprung: resolve }));
  }

  /** Strikes every connection that is open now, whatever it does. */
  strikeAll(act: 'cut' | 'hang'): number {
    const { size } = this.pairs;
    for (const pair of this.pairs) pair.suffer(act);
    return size;
  }

  async close(): Promise<void> {
    this.trap = null;
    for (const pair of this.pairs) pair.suffer('cut');
    this.server.close();
    await once(this.server, 'close');
  }

  /** The act when the trap lies at this point; it springs once. */
  spring(point: Point): Act | null {
    const { trap } = this;
    if (trap?.point !== point) return null;
    this.trap = null;
    this.hits += 1;
    // The act comes first: who waits for the strike finds it done.
    setImmediate(trap.sprung);
    return trap.act;
  }

  private accept(socket: Socket): void {
    const pair = new Pair(this, socket, connect(Number(this.target.port), this.target.hostname));
    this.pairs.add(pair);
    pair.onEnd(() => this.pairs.delete(pair));
  }
}

/** A client's connection and its counterpart on the server. */
class Pair {
  private readonly proxy: Proxy;
  private readonly client: Socket;
  private readonly server: Socket;
  private readonly fromClient = new ClientSide();
  private readonly fromServer = new ServerSide();
  private readonly asked: Call[] = [];
  private readonly ends: (() => void)[] = [];
  private silent = false;
  private order: Promise<void> = Promise.resolve();

  constructor(proxy: Proxy, client: Socket, server: Socket) {
    this.proxy = proxy;
    this.client = client;
    this.server = server;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => this.end());
    }
    client.on('data', (chunk: Buffer) => this.inOrder(() => this.ask(chunk)));
    server.on('data', (chunk: Buffer) => this.inOrder(() => this.answer(chunk)));
  }

  onEnd(listener: () => void): void {
    this.ends.push(listener);
  }

  suffer(act: Act): void {
    if (act === 'hang') this.silent = true;
    if (act === 'cut') {
      this.silent = false;
      this.end();
    }
    if (typeof act === 'function') act();
  }

  private end(): void {
    // A silent pair stays half-open: the other side is not to learn that anybody went.
    if (this.silent && !this.client.destroyed) return;
    this.client.destroy();
    this.server.destroy();
    for (const listener of this.ends.splice(0)) listener();
  }

  private inOrder(work: () => Promise<void>): void {
    this.order = this.order.then(work).catch(() => this.end());
  }

  private async ask(chunk: Buffer): Promise<void> {
    for (const call of this.fromClient.calls(chunk)) {
      if (call.asks) this.asked.push(call);
      if (call.label === 'load') await this.pass('load');
      if (call.label !== 'commit') {
        this.write(this.server, call.bytes);
        continue;
      }
      await this.pass('held');
      await this.writeHalves(this.server, call.bytes, 'torn');
      await this.pass('sent');
    }
  }

  private async answer(chunk: Buffer): Promise<void> {
    for (const answer of this.fromServer.answers(chunk)) {
      const call = this.asked.shift();
      if (call?.label !== 'commit') {
        this.write(this.client, answer);
        continue;
      }
      await this.pass('done');
      await this.writeHalves(this.client, answer, 'halved');
      await this.pass('told');
    }
    // The greeting is a talk in turns, in which nobody is ready for a query yet.
    if (this.asked.length === 0) this.write(this.client, this.fromServer.takePartial());
  }

  private async writeHalves(socket: Socket, bytes: Buffer, point: Point): Promise<void> {
    const act = this.proxy.spring(point);
    if (act === null) {
      this.write(socket, bytes);
      return;
    }
    const half = bytes.length >> 1;
    this.write(socket, bytes.subarray(0, half));
    // The half has to be on its way before what follows.
    await pause(2);
    await this.endure(act);
    this.write(socket, bytes.subarray(half));
  }

  private async pass(point: Point): Promise<void> {
    const act = this.proxy.spring(point);
    if (act !== null) await this.endure(act);
  }

  private async endure(act: Act): Promise<void> {
    this.suffer(act);
    if (typeof act === 'number') await pause(act);
  }

  private write(socket: Socket, bytes: Buffer): void {
    if (!this.silent && bytes.length > 0 && socket.writable) socket.write(bytes);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
