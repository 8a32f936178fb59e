// What a run says while it goes on, on its way to processes that have somebody who watches it. A little is kept until it
// is known whether there is one; beyond that, and beyond what can be sent, it is dropped.
import type { JsonObject } from '../kernel/event.ts';

/** Sends a list as JSON and answers with how many processes got it. */
export type Sender = (told: string) => Promise<number>;

const pauseMs = 50;
const mostBytes = 32_768;

export class RunVoice {
  private readonly send: Sender;
  /** Null until somebody has looked. */
  private watched: boolean | null = null;
  private waiting: string[] = [];
  private bytes = 0;
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;

  constructor(send: Sender) {
    this.send = send;
  }

  /** Says whether another process watches; asked again every now and then. */
  set isWatched(watched: boolean) {
    this.watched = watched;
    if (watched) this.sendSoon();
    else this.forget();
  }

  tell(delta: JsonObject): void {
    if (this.watched === false) return;
    const text = JSON.stringify(delta);
    if (this.bytes + text.length > mostBytes) return;
    this.waiting.push(text);
    this.bytes += text.length;
    if (this.watched === true) this.sendSoon();
  }

  /** What is still to be said is said. */
  async end(): Promise<void> {
    await this.sending;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.watched === true) await this.sendNow();
    this.watched = false;
    this.forget();
  }

  private forget(): void {
    this.waiting = [];
    this.bytes = 0;
  }

  private sendSoon(): void {
    if (this.waiting.length === 0 || this.timer !== null || this.sending !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.sending = this.sendNow().finally(() => {
        this.sending = null;
        if (this.watched === true) this.sendSoon();
      });
    }, pauseMs);
  }

  private async sendNow(): Promise<void> {
    const told = `[${this.waiting.join(',')}]`;
    if (this.waiting.length === 0) return;
    this.forget();
    // Nobody there, or nobody who keeps up, or no database: until somebody has looked again, nothing is sent.
    const got = await this.send(told).catch(() => 0);
    if (got === 0) this.watched = false;
  }
}
