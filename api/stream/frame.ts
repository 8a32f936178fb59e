// Messages as they go over the wire: a whole WebSocket frame, made once and written as it is to every socket it is for.

const finalText = 0x81;
const shortBytes = 125;
const mediumBytes = 0xffff;

export function frame(message: object): Buffer {
  return frameText(JSON.stringify(message));
}

/** What a server sends is not masked, and nothing here is deflated or split. */
export function frameText(text: string): Buffer {
  const size = Buffer.byteLength(text);
  const headBytes = headBytesOf(size);
  const whole = Buffer.allocUnsafe(headBytes + size);
  whole[0] = finalText;
  if (headBytes === 2) {
    whole[1] = size;
  } else if (headBytes === 4) {
    whole[1] = shortBytes + 1;
    whole.writeUInt16BE(size, 2);
  } else {
    whole[1] = shortBytes + 2;
    whole.writeBigUInt64BE(BigInt(size), 2);
  }
  whole.write(text, headBytes, 'utf8');
  return whole;
}

function headBytesOf(size: number): number {
  if (size <= shortBytes) return 2;
  return size <= mediumBytes ? 4 : 10;
}
