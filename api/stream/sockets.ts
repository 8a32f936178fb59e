// All sockets of the process: who may have how many, whether their keys are still in force, and how they end.
import type { WebSocket } from 'ws';
import type { ApiContext } from '../context.ts';
import type { Call } from '../call.ts';
import type { Credential } from '../http/authentication.ts';
import { streamRefusals } from './message.ts';
import { type Standing, standingOf } from './standing.ts';
import { StreamSocket } from './socket.ts';
import { Tails } from './tail.ts';
import type { Topics } from './topics.ts';

/** Oftener than a key is trusted without being confirmed. */
const sweepMs = 400;
const goneMs = 1_500;
const spreadMs = 5_000;

export interface StreamSources {
  readonly topics: Topics;
  readonly heartbeatMs: number;
  readonly slowMs: number;
  readonly counts: { dropped: number };
}

/** The sockets that one key, or one session, has opened. */
interface Group {
  readonly standing: Standing;
  readonly sockets: Set<StreamSocket>;
}

export class Sockets {
  private readonly api: ApiContext;
  private readonly tails: Tails;
  private readonly sources: StreamSources;
  private readonly groups = new Map<string, Group>();
  private readonly byTenant = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private beatMs = 0;

  constructor(api: ApiContext) {
    const { database, metrics, feed, stopping, topics, options } = api;
    this.api = api;
    const fanout = metrics.histogram(
      'loopledger_stream_fanout_seconds',
      'From a known commit until all live sockets of its tenant were sent it.',
    );
    this.tails = new Tails({ database, hub: feed.hub, fanout, stopping });
    this.sources = { topics, heartbeatMs: options.heartbeatMs, slowMs: options.slowSocketMs, counts: { dropped: 0 } };
    metrics.addGauges(() => this.gauges());
    stopping.addEventListener('abort', () => this.stop());
  }

  /** Throws the refusal of one too many. */
  requireRoom(call: Call): void {
    const { maxSocketsPerKey, maxSocketsPerTenant } = this.api.options;
    const held = this.groups.get(standingOf(call).id)?.sockets.size ?? 0;
    if (held >= maxSocketsPerKey) throw exceeded('key', maxSocketsPerKey);
    if ((this.byTenant.get(call.tenantId) ?? 0) >= maxSocketsPerTenant) throw exceeded('tenant', maxSocketsPerTenant);
  }

  /** Attaches all listeners before anything is awaited: a client may speak in the packet that opens the socket. */
  open(call: Call, ws: WebSocket): void {
    const { api, requestId, route, tenantId } = call;
    const credential = call.credential as Credential;
    const { tail, leave } = this.tails.enter(tenantId);
    const place = { credential, tail, wire: call.raw.socket };
    const socket = new StreamSocket(this.sources, { api, requestId, route }, ws, place);
    const standing = standingOf(call);
    const group = this.groups.get(standing.id) ?? { standing, sockets: new Set() };
    this.groups.set(standing.id, group);
    group.sockets.add(socket);
    this.byTenant.set(tenantId, (this.byTenant.get(tenantId) ?? 0) + 1);
    this.timer ??= setInterval(() => this.sweep(), sweepMs).unref();
    ws.once('close', () => {
      leave();
      socket.clear();
      this.forget(group, tenantId, socket);
    });
    if (api.stopping.aborted) socket.bye(1001, 'stopping', Math.round(Math.random() * spreadMs));
  }

  private forget({ standing, sockets }: Group, tenantId: string, socket: StreamSocket): void {
    sockets.delete(socket);
    if (sockets.size === 0) this.groups.delete(standing.id);
    const others = (this.byTenant.get(tenantId) ?? 1) - 1;
    if (others === 0) this.byTenant.delete(tenantId);
    else this.byTenant.set(tenantId, others);
    if (this.groups.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private sweep(): void {
    const nowMs = performance.now();
    const quietMs = this.sources.heartbeatMs;
    const beats = nowMs - this.beatMs >= quietMs;
    if (beats) this.beatMs = nowMs;
    for (const group of this.groups.values()) {
      confirm(group, nowMs);
      for (const socket of group.sockets) {
        socket.tick(nowMs, quietMs);
        if (beats) socket.beat(nowMs, quietMs);
      }
    }
  }

  private stop(): void {
    for (const socket of this.all()) socket.bye(1001, 'stopping', Math.round(Math.random() * spreadMs));
    // Those whose clients do not close their side.
    setTimeout(() => {
      for (const socket of this.all()) socket.terminate();
    }, goneMs).unref();
  }

  private all(): StreamSocket[] {
    return [...this.groups.values()].flatMap(({ sockets }) => [...sockets]);
  }

  private gauges() {
    const sockets = this.all();
    return [
      { name: 'loopledger_stream_sockets', help: 'Open sockets.', value: sockets.length },
      {
        name: 'loopledger_stream_behind',
        help: 'Subscriptions that are served from the log, because they begin or do not keep up.',
        value: sockets.reduce((sum, { behind }) => sum + behind, 0),
      },
      {
        name: 'loopledger_stream_deltas_dropped',
        help: 'Messages on topics that were dropped for sockets that did not keep up.',
        value: this.sources.counts.dropped,
      },
    ];
  }
}

function confirm({ standing, sockets }: Group, nowMs: number): void {
  const known = standing.peek(nowMs);
  if (known === null) dismiss(sockets);
  if (known !== undefined) return;
  void ask(standing, sockets);
}

/** While nobody can say whether the key is in force, its sockets are sent nothing. */
async function ask(standing: Standing, sockets: ReadonlySet<StreamSocket>): Promise<void> {
  try {
    const found = await standing.find();
    if (found === null) dismiss(sockets);
    else for (const socket of sockets) socket.resume();
  } catch {
    for (const socket of sockets) socket.suspended = true;
  }
}

function dismiss(sockets: ReadonlySet<StreamSocket>): void {
  for (const socket of sockets) socket.bye(4401, 'unauthenticated', null);
  setTimeout(() => {
    for (const socket of sockets) if (socket.closed) socket.terminate();
  }, goneMs).unref();
}

function exceeded(whose: string, most: number): Error {
  return streamRefusals.refuse('sockets_exceeded', `The ${whose} has ${most} sockets already.`, {
    headers: { 'retry-after': '5' },
  });
}
