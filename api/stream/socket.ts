// One socket: what its client says, what it is sent, and how much of that may wait in memory.
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { newId } from '../../kernel/id.ts';
import { maxConsumers, mayMoveAny } from '../../policies/consumer.ts';
import { putConsumer } from '../../projections/consumer.ts';
import { requireDone } from '../consumer.ts';
import { beginOf, filterOf } from '../feed-filter.ts';
import type { Credential } from '../http/authentication.ts';
import { answerTo, type Faced } from '../http/problem.ts';
import { type Ack, type Message, parseMessage, streamRefusals, type Sub } from './message.ts';
import type { StreamSources } from './sockets.ts';
import { frame } from './frame.ts';
import { type Outlet, Subscription } from './subscription.ts';
import type { Tail } from './tail.ts';
import type { TopicListener } from './topics.ts';

/** From here on nothing more is sent until all of it has gone. */
const congestedBytes = 256 << 10;
/** Past that for too long, a socket is closed. */
const hopelessBytes = 1 << 20;
/** For a client that begins to read again just then. */
const partingMs = 5_000;
const maxSubscriptions = 32;
const maxPending = 64;

export interface SocketPlace {
  readonly credential: Credential;
  readonly tail: Tail;
  readonly wire: Duplex;
}

export class StreamSocket implements Outlet, TopicListener {
  readonly credential: Credential;
  heardMs = performance.now();
  /** While the key cannot be confirmed, nothing is sent. */
  suspended = false;
  private readonly sources: StreamSources;
  private readonly origin: Faced;
  private readonly ws: WebSocket;
  /** The connection under it: frames are whole already, and the library would put a head before each of them again. */
  private readonly wire: Duplex;
  private readonly tail: Tail;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly topics = new Map<string, () => void>();
  private waiting: (() => void)[] = [];
  private full = false;
  private hopelessSinceMs: number | null = null;
  private handling: Promise<void> = Promise.resolve();
  private pending = 0;

  constructor(sources: StreamSources, origin: Faced, ws: WebSocket, place: SocketPlace) {
    this.sources = sources;
    this.origin = origin;
    this.ws = ws;
    this.credential = place.credential;
    this.tail = place.tail;
    this.wire = place.wire;
    this.wire.on('drain', () => this.drained());
    ws.on('message', (data) => this.take(data));
    ws.on('pong', () => {
      this.heardMs = performance.now();
    });
    this.send(frame({ op: 'ready', heartbeat_ms: sources.heartbeatMs, max_subscriptions: maxSubscriptions }));
  }

  get closed(): boolean {
    return this.ws.readyState !== this.ws.OPEN;
  }

  get congested(): boolean {
    return this.full || this.suspended;
  }

  get behind(): number {
    let count = 0;
    for (const { isBehind } of this.subscriptions.values()) count += isBehind ? 1 : 0;
    return count;
  }

  whenFree(): Promise<void> {
    return this.congested && !this.closed ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  send(message: Buffer): void {
    if (this.closed) return;
    this.wire.write(message);
    if (this.ws.bufferedAmount >= congestedBytes) this.full = true;
  }

  hear(message: Buffer): void {
    if (this.congested) this.sources.counts.dropped += 1;
    else this.send(message);
  }

  resume(): void {
    this.suspended = false;
    this.release();
  }

  /** Says the place of every subscription before it goes. */
  bye(code: number, reason: string, retryMs: number | null): void {
    const cursors = Object.fromEntries([...this.subscriptions.values()].map((held) => [held.id, held.cursor()]));
    this.send(frame({ op: 'bye', reason, cursors, retry_after_ms: retryMs }));
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  /** Every half second or so. */
  tick(nowMs: number, quietMs: number): void {
    this.giveUpOnHopeless(nowMs);
    for (const subscription of this.subscriptions.values()) subscription.markPlace(nowMs, quietMs);
  }

  /** Asks whether the client is there; one that reads nothing cannot hear the question and is given its time. */
  beat(nowMs: number, quietMs: number): void {
    const silentMs = nowMs - this.heardMs;
    const patienceMs = this.ws.bufferedAmount > 0 ? quietMs * 20 : quietMs * 3;
    if (silentMs > patienceMs) this.ws.terminate();
    else this.ws.ping();
  }

  /** When the connection has ended. */
  clear(): void {
    for (const subscription of this.subscriptions.values()) subscription.close();
    for (const leave of this.topics.values()) leave();
    this.subscriptions.clear();
    this.topics.clear();
    this.release();
  }

  private drained(): void {
    if (!this.full) return;
    this.full = false;
    this.release();
  }

  private release(): void {
    if (this.congested && !this.closed) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private giveUpOnHopeless(nowMs: number): void {
    if (this.ws.bufferedAmount < hopelessBytes) {
      this.hopelessSinceMs = null;
      return;
    }
    this.hopelessSinceMs ??= nowMs;
    if (this.closed || nowMs - this.hopelessSinceMs < this.sources.slowMs) return;
    this.bye(4408, 'too slow', 1_000);
    setTimeout(() => this.ws.terminate(), partingMs).unref();
  }

  /** One after the other, as they came. A client that asks faster than it is answered is cut off. */
  private take(data: RawData): void {
    this.heardMs = performance.now();
    this.pending += 1;
    if (this.pending > maxPending) {
      this.bye(4429, 'too many messages', 1_000);
      return;
    }
    this.handling = this.handling
      .then(() => this.handle(data as Buffer))
      .finally(() => {
        this.pending -= 1;
      });
  }

  private async handle(bytes: Buffer): Promise<void> {
    if (this.closed) return;
    let message: Message | null = null;
    try {
      message = parseMessage(bytes);
      await this.obey(message);
    } catch (error) {
      const about = message !== null && 'id' in message ? { id: message.id } : {};
      const problem: unknown = JSON.parse(answerTo(this.origin, error).body);
      this.send(frame({ op: 'error', ...about, problem }));
    }
  }

  private async obey(message: Message): Promise<void> {
    switch (message.op) {
      case 'sub':
        return this.subscribe(message);
      case 'unsub':
        return this.unsubscribe(message.id);
      case 'join':
        return this.join(message.topic);
      case 'leave':
        return this.leave(message.topic);
      case 'ack':
        return this.keep(message);
      case 'ping':
        return this.send(frame({ op: 'pong' }));
    }
  }

  private async subscribe({ id, since = 'now', types, where }: Sub): Promise<void> {
    const { tenantId } = this.credential;
    if (this.subscriptions.has(id)) throw streamRefusals.refuse('subscription_taken', 'The id is taken.');
    this.requireRoom();
    const after = await beginOf(this.origin.api, tenantId, since);
    await this.tail.ready;
    if (this.closed) return;
    const filter = filterOf({ ...where, ...(types === undefined ? {} : { types }) });
    this.subscriptions.set(id, new Subscription(this.origin.api, this, this.tail, { id, tenantId, filter, after }));
  }

  private unsubscribe(id: string): void {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined) throw streamRefusals.refuse('subscription_not_found', 'There is no such id.');
    subscription.close();
    this.subscriptions.delete(id);
    this.send(frame({ op: 'unsubbed', id, cursor: subscription.cursor() }));
  }

  private join(topic: string): void {
    if (this.topics.has(topic)) return;
    this.requireRoom();
    this.topics.set(topic, this.sources.topics.join(this.credential.tenantId, topic, this));
  }

  private leave(topic: string): void {
    const leave = this.topics.get(topic);
    if (leave === undefined) throw streamRefusals.refuse('subscription_not_found', 'There is no such topic.');
    leave();
    this.topics.delete(topic);
  }

  /** The same as PUT /consumers/{name}/checkpoint, without a request of its own. */
  private async keep({ consumer: name, cursor }: Ack): Promise<void> {
    const { tenantId, actor } = this.credential;
    const { database, cursors } = this.origin.api;
    const position = cursors.openFeed(tenantId, cursor);
    const change = { id: newId(), key: actor.key_id, any: mayMoveAny(actor), version: null, most: maxConsumers };
    requireDone(await putConsumer(database, { tenantId, name }, position, change));
    this.send(frame({ op: 'acked', consumer: name, cursor }));
  }

  private requireRoom(): void {
    if (this.subscriptions.size + this.topics.size < maxSubscriptions) return;
    throw streamRefusals.refuse('subscriptions_exceeded', `A socket has at most ${maxSubscriptions} of them.`);
  }
}
