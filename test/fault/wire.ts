// PostgreSQL's protocol, as far as a proxy has to know it: where messages begin and end, and what a call is about.

export type Label = 'commit' | 'load' | 'other';

/** What a client sends up to Sync, or up to a message that asks for an answer by itself. */
export interface Call {
  readonly bytes: Buffer;
  readonly label: Label;
}

const bind = 0x42;
const sync = 0x53;
/** Parse, Bind, Describe, Execute, Close, Flush: they wait for Sync. */
const collected = new Set([0x50, bind, 0x44, 0x45, 0x43, 0x48]);
const readyForQuery = 0x5a;

/** Cuts a stream of bytes into messages. The first one of a client has no type byte. */
class Framing {
  private rest: Buffer = Buffer.alloc(0);
  private untyped: boolean;

  constructor(untyped: boolean) {
    this.untyped = untyped;
  }

  *frames(chunk: Buffer): Generator<Buffer> {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const skip = this.untyped ? 0 : 1;
      if (this.rest.length < skip + 4) return;
      const length = skip + this.rest.readInt32BE(skip);
      if (this.rest.length < length) return;
      const frame = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      yield frame;
      this.untyped = false;
    }
  }
}

export class ClientSide {
  private readonly framing = new Framing(true);
  private parts: Buffer[] = [];
  private label: Label = 'other';
  private greeted = false;

  /** `asks` is false for what belongs to the greeting and has no ReadyForQuery of its own. */
  *calls(chunk: Buffer): Generator<Call & { readonly asks: boolean }> {
    for (const frame of this.framing.frames(chunk)) {
      this.parts.push(frame);
      if (!this.greeted) {
        this.greeted = true;
        yield this.take(false);
      } else if (frame[0] === bind) {
        this.label = labelOf(frame, this.label);
      } else if (!collected.has(frame[0] as number)) {
        yield this.take(frame[0] === sync || frame[0] === 0x51);
      }
    }
  }

  private take(asks: boolean): Call & { readonly asks: boolean } {
    const call = { bytes: Buffer.concat(this.parts), label: this.label, asks };
    this.parts = [];
    this.label = 'other';
    return call;
  }
}

export class ServerSide {
  private readonly framing = new Framing(false);
  private parts: Buffer[] = [];

  /** Whole answers, each up to its ReadyForQuery. */
  *answers(chunk: Buffer): Generator<Buffer> {
    for (const frame of this.framing.frames(chunk)) {
      this.parts.push(frame);
      if (frame[0] !== readyForQuery) continue;
      const answer = Buffer.concat(this.parts);
      this.parts = [];
      yield answer;
    }
  }

  /** What came so far and ends in no ReadyForQuery yet. */
  takePartial(): Buffer {
    const partial = Buffer.concat(this.parts);
    this.parts = [];
    return partial;
  }
}

/** A Bind names its portal and then its statement; ours are named for what they do. */
function labelOf(frame: Buffer, before: Label): Label {
  const portalEnd = frame.indexOf(0, 5);
  const statement = frame.subarray(portalEnd + 1, frame.indexOf(0, portalEnd + 1)).toString();
  if (statement.startsWith('commit_')) return 'commit';
  return statement.startsWith('load_streams_') ? 'load' : before;
}
