// One keep-alive connection of the load generator: sends a request, reads just enough of the answer, sends the next.
import { connect, type Socket } from 'node:net';

export interface ConnectionEvents {
  /** Puts the next request at the start of the buffer and returns its length; 0 ends the connection. */
  next(buffer: Buffer): number;
  /** Failed answers bring their text. */
  answered(status: number, latencyMs: number, failure: string | null): void;
  /** Told the body of each answer, if anybody wants to know. */
  heard?(body: string): void;
  ended(): void;
}

const outBytes = 16_384;
const inBytes = 65_536;
const lengthHeader = /\r\ncontent-length: *(\d+)/i;

export class Connection {
  private readonly out = Buffer.allocUnsafe(outBytes);
  private readonly events: ConnectionEvents;
  private readonly expectedStatus: number;
  private readonly socket: Socket;
  private sentMs = 0;
  private status = 0;
  /** Bytes of the body that are still to come; -1 while the head is. */
  private missing = -1;
  private head = '';
  private body = '';
  private failure: string | null = null;
  private idle = true;

  constructor(port: number, expectedStatus: number, events: ConnectionEvents) {
    this.events = events;
    this.expectedStatus = expectedStatus;
    // One buffer for all that arrives: a fresh one for each answer would be most of the generator's garbage.
    const onread = {
      buffer: Buffer.allocUnsafe(inBytes),
      callback: (size: number, bytes: Uint8Array) => this.read(size, bytes),
    };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread } as never);
    this.socket.once('error', (error) => this.fail(String(error)));
    this.socket.once('close', () => {
      if (!this.idle) this.fail('the connection was closed before the answer');
      events.ended();
    });
  }

  start(): void {
    this.socket.once('connect', () => this.send());
  }

  private send(): void {
    const size = this.events.next(this.out);
    this.idle = size === 0;
    if (this.idle) {
      this.socket.destroy();
      return;
    }
    this.missing = -1;
    this.head = '';
    this.failure = null;
    this.sentMs = performance.now();
    this.socket.write(this.out.subarray(0, size));
  }

  private read(size: number, bytes: Uint8Array): boolean {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, size);
    let body = size;
    if (this.missing === -1) {
      this.head += chunk.toString('latin1');
      const end = this.head.indexOf('\r\n\r\n');
      if (end === -1) return true;
      body = this.head.length - end - 4;
      this.begin(this.head.slice(0, end), this.head.slice(end + 4));
    } else {
      if (this.failure !== null) this.failure += chunk.toString('latin1');
      if (this.events.heard !== undefined) this.body += chunk.toString('latin1');
    }
    this.missing -= body;
    if (this.missing <= 0) this.finish();
    return true;
  }

  private begin(head: string, body: string): void {
    this.status = Number(head.slice(9, 12));
    this.body = body;
    this.missing = Number(lengthHeader.exec(head)?.[1] ?? 0);
    if (this.status !== this.expectedStatus) this.failure = `${head}\n\n${body}`;
  }

  private finish(): void {
    const latencyMs = performance.now() - this.sentMs;
    this.idle = true;
    this.events.answered(this.status, latencyMs, this.failure);
    this.events.heard?.(this.body);
    this.send();
  }

  private fail(text: string): void {
    this.idle = true;
    this.events.answered(0, performance.now() - this.sentMs, text);
    this.socket.destroy();
  }
}
