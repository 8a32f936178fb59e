// Topics: live output that is not an event. It is passed on while somebody listens, and nobody ever sees it again.
import { frame } from './frame.ts';

export interface TopicListener {
  /** Dropped by whoever does not keep up. */
  hear(frame: Buffer, data: unknown): void;
}

export class Topics {
  private readonly listeners = new Map<string, Set<TopicListener>>();

  publish(tenantId: string, topic: string, data: unknown): void {
    const listening = this.listeners.get(`${tenantId} ${topic}`);
    if (listening === undefined) return;
    const delta = frame({ op: 'delta', topic, data });
    for (const listener of listening) listener.hear(delta, data);
  }

  /** The returned function ends it. */
  join(tenantId: string, topic: string, listener: TopicListener): () => void {
    const place = `${tenantId} ${topic}`;
    const listening = this.listeners.get(place) ?? new Set<TopicListener>();
    this.listeners.set(place, listening.add(listener));
    return () => {
      listening.delete(listener);
      if (listening.size === 0 && this.listeners.get(place) === listening) this.listeners.delete(place);
    };
  }
}
