// The beginning and the end of a stream; what lies between is only counted.
import type { KeptStream } from './port.ts';

const keptBytes = 262_144;

export class KeptOutput {
  private readonly half: number;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private total = 0;

  constructor(kept: number = keptBytes) {
    this.half = Math.floor(kept / 2);
  }

  get bytes(): number {
    return this.total;
  }

  add(chunk: Buffer): void {
    this.total += chunk.length;
    const room = this.half - this.headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.head.push(first);
      this.headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.tail.push(rest);
    this.tailBytes += rest.length;
    // Joined seldom, so that a flood of small chunks costs no more than its bytes.
    if (this.tailBytes > 2 * this.half) this.joinTail();
  }

  keep(): KeptStream {
    this.joinTail();
    const omittedBytes = this.total - this.headBytes - this.tailBytes;
    const [head, tail] = [Buffer.concat(this.head), Buffer.concat(this.tail)];
    return omittedBytes === 0
      ? { head: Buffer.concat([head, tail]).toString(), tail: '', bytes: this.total, omittedBytes }
      : { head: head.toString(), tail: tail.toString(), bytes: this.total, omittedBytes };
  }

  private joinTail(): void {
    const joined = Buffer.concat(this.tail);
    // Copied, so that a small tail does not hold the large chunk that it came with.
    this.tail = [Buffer.from(joined.subarray(Math.max(0, joined.length - this.half)))];
    this.tailBytes = this.tail[0]?.length ?? 0;
  }
}
