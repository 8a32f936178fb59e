// One request and its answer, down to the bytes: what `fetch` would mend or hide is sent and shown as it is.
import http from 'node:http';

export interface Sent {
  readonly method: string;
  /** As it stands in the request line: nothing is encoded on the way. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export interface Got {
  readonly status: number;
  /** Names in lower case and values, as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  readonly ms: number;
}

export interface Line {
  send(sent: Sent): Promise<Got>;
  close(): void;
}

/** Nothing that a client does may keep it waiting longer. */
const patienceMs = 30_000;

export function openLine(url: string, connections = 4): Line {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  return {
    send: (sent) => sendOne({ agent, hostname, port }, sent),
    close: () => agent.destroy(),
  };
}

async function sendOne(to: http.RequestOptions, sent: Sent): Promise<Got> {
  const startedMs = performance.now();
  const body = sent.body === undefined ? null : Buffer.from(sent.body);
  const headers = { ...sent.headers, ...(body === null ? {} : { 'content-length': String(body.length) }) };
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const request = http.request({ ...to, method: sent.method, headers }, (response) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      resolve({
        status: response.statusCode ?? 0,
        headers: pairsOf(response.rawHeaders),
        text,
        ms: performance.now() - startedMs,
      });
    });
  });
  // Past the check of `http.request`, which refuses what a hostile client would send.
  request.path = sent.path;
  request.setTimeout(patienceMs, () => request.destroy(new Error(`no answer within ${patienceMs} ms`)));
  request.on('error', reject);
  request.end(body);
  return promise;
}

function pairsOf(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] as string] as const] : []));
}

export function headerOf(got: Got, name: string): string | undefined {
  return got.headers.find(([each]) => each === name)?.[1];
}
