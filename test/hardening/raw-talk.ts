// Bytes to a socket and whatever comes back, for what no HTTP client would send.
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Heard {
  readonly text: string;
  /** Of all answers in it, in order. */
  readonly statuses: readonly number[];
  readonly closed: boolean;
  readonly ms: number;
}

export interface Talk {
  readonly parts: readonly (string | Buffer)[];
  readonly pauseMs?: number;
  /** Ends our side of the connection after the last part. */
  readonly end?: boolean;
}

const patienceMs = 30_000;
const interim = /^HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n/;

/** Until the server closes, or a whole answer came and nothing more follows. */
export async function talk(url: string, { parts, pauseMs = 0, end = false }: Talk): Promise<Heard> {
  const { hostname, port } = new URL(url);
  const startedMs = performance.now();
  const socket = net.connect(Number(port), hostname);
  let text = '';
  let closed = false;
  // An interim answer asks for the body, and is no answer.
  socket.setEncoding('latin1').on('data', (part: string) => (text = (text + part).replace(interim, '')));
  socket.on('error', () => undefined).on('close', () => (closed = true));
  await once(socket, 'connect');
  for (const part of parts) {
    if (socket.writable) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  if (end) socket.end();
  while (!closed && !isWhole(text) && performance.now() - startedMs < patienceMs) await sleep(5);
  // A second answer to what was meant as one request would come now.
  if (!closed) await sleep(30);
  socket.destroy();
  const statuses = [...text.matchAll(/(?:^|\n|\})HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  return { text, statuses, closed, ms: performance.now() - startedMs };
}

function isWhole(text: string): boolean {
  const at = text.indexOf('\r\n\r\n');
  if (at === -1) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return text.length >= at + 4 + length;
}
