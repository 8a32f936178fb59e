// Writes the parameters of a statement into memory that is kept: as strings, large ones would be joined, measured and
// copied several times on their way to the socket, and each time into memory that the system has to hand out anew.

/** Parameters in text format, as they go over the wire: a length of four bytes before each. */
export interface Encoded {
  readonly count: number;
  readonly bytes: Buffer;
}

const firstBytes = 1 << 18;
/** No character of a string takes more in UTF-8. */
const mostBytesPerUnit = 3;
const keptWriters = 4;
const keptBytes = 1 << 23;

export class ParameterWriter {
  private bytes = Buffer.allocUnsafeSlow(firstBytes);
  private at = 0;
  private started = 0;
  private count = 0;

  /** What is written until the next call is one parameter. */
  begin(): void {
    this.close();
    this.started = this.at;
    this.count += 1;
    this.ensure(4);
    this.at += 4;
  }

  write(text: string): void {
    this.ensure(text.length * mostBytesPerUnit);
    this.at += this.bytes.write(text, this.at);
  }

  /** Valid until the writer is given back. */
  finish(): Encoded {
    this.close();
    return { count: this.count, bytes: this.bytes.subarray(0, this.at) };
  }

  /** Only when nobody reads what was finished any more. */
  giveBack(): void {
    this.at = 0;
    this.count = 0;
    if (idle.length < keptWriters && this.bytes.length <= keptBytes) idle.push(this);
  }

  private close(): void {
    if (this.count > 0) this.bytes.writeInt32BE(this.at - this.started - 4, this.started);
  }

  private ensure(more: number): void {
    if (this.at + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + more));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

const idle: ParameterWriter[] = [];

export function takeWriter(): ParameterWriter {
  return idle.pop() ?? new ParameterWriter();
}
