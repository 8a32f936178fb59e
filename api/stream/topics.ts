// Topics: live output that is not an event. It is passed on while somebody listens, and nobody ever sees it again.
import { frame } from './frame.ts';

export interface TopicListener {
  /** Dropped by whoever does not keep up. */
  hear(frame: Buffer, data: unknown): void;
}

export class Topics {
  private readonly listeners = new Map<string, Set<TopicListener>>();
  private tellJoined = (): void => undefined;

  publish(tenantId: string, topic: string, data: unknown): void {
    const listening = this.listeners.get(`${tenantId} ${topic}`);
    if (listening === undefined) return;
    const delta = frame({ op: 'delta', topic, data });
    for (const listener of listening) listener.hear(delta, data);
  }

  /** Those that somebody listens to now. */
  *listened(): Generator<{ readonly tenantId: string; readonly topic: string }> {
    for (const place of this.listeners.keys()) {
      const at = place.indexOf(' ');
      yield { tenantId: place.slice(0, at), topic: place.slice(at + 1) };
    }
  }

  /** Until somebody joins any, or the signal aborts. */
  async joined(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    this.tellJoined = end;
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    this.tellJoined = () => undefined;
  }

  /** The returned function ends it. */
  join(tenantId: string, topic: string, listener: TopicListener): () => void {
    const place = `${tenantId} ${topic}`;
    const listening = this.listeners.get(place) ?? new Set<TopicListener>();
    this.listeners.set(place, listening.add(listener));
    this.tellJoined();
    return () => {
      listening.delete(listener);
      if (listening.size === 0 && this.listeners.get(place) === listening) this.listeners.delete(place);
    };
  }
}
