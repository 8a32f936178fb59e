// Requests that are wrong below HTTP. `B` stands for a body that would create an agent, `L` for its length, `H` for the
// header fields that every good request needs.

export interface RawAttack {
  readonly name: string;
  readonly parts: readonly (string | Buffer)[];
  readonly pauseMs?: number;
  readonly end?: true;
  /** Otherwise it may be taken for what it is, once. */
  readonly mayPass?: true;
}

export interface RawPieces {
  readonly head: string;
  readonly body: string;
}

export function rawAttacks({ head, body }: RawPieces): RawAttack[] {
  const line = 'POST /api/v1/agents HTTP/1.1\r\n';
  const length = `content-length: ${body.length}\r\n`;
  const chunked = 'transfer-encoding: chunked\r\n';
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const post = (fields: string, rest: string): string => `${line}${head}${fields}\r\n${rest}`;
  const one = (name: string, text: string | Buffer): RawAttack => ({ name, parts: [text] });
  const hidden = `${line}${head}${length}\r\n${body}`;
  return [
    ...framing(post, { length, chunked, chunk, body, hidden }),
    ...heads(post, { line, head, length, body }),
    ...lines({ head, length, body }),
    one('another protocol: TLS', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])),
    one('another protocol: HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    one('another protocol: a proxy says who calls', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${hidden}`),
    one('another protocol: SSH', 'SSH-2.0-x\r\n'),
    one('zeros', Buffer.alloc(10_000)),
    one('random bytes', Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 151 + 7) % 256))),
    { name: 'a client that leaves in mid-body', parts: [post(length, body.slice(0, 9))], end: true },
    { name: 'a client that leaves in mid-head', parts: [`${line}${head}`.slice(0, 40)], end: true },
    { name: 'a client that leaves in mid-chunk', parts: [post(chunked, `ff\r\n${body}`)], end: true },
    { name: 'a body that comes slowly', parts: [post(length, ''), ...body.slice(0, 20).split('')], pauseMs: 60 },
    { name: 'a head that comes slowly', parts: `${line}${head}`.slice(0, 25).split(''), pauseMs: 60 },
    {
      name: 'chunks that come slowly',
      parts: [post(chunked, ''), ...Array.from({ length: 20 }, () => '1\r\na\r\n')],
      pauseMs: 60,
    },
    { name: 'a body that never comes', parts: [post(length, '')] },
    { name: 'a body that is asked for and never comes', parts: [post(`${length}expect: 100-continue\r\n`, '')] },
  ];
}

type Post = (fields: string, rest: string) => string;

interface Framing {
  readonly length: string;
  readonly chunked: string;
  readonly chunk: string;
  readonly body: string;
  /** A whole request that hides in the body of another. */
  readonly hidden: string;
}

function framing(post: Post, { length, chunked, chunk, body, hidden }: Framing): RawAttack[] {
  const list: Record<string, string> = {
    'a length and chunks': post(length + chunked, chunk),
    'chunks and a length': post(chunked + length, chunk),
    'a length of 0 and chunks, with a request behind': post(`content-length: 0\r\n${chunked}`, `0\r\n\r\n${hidden}`),
    'two lengths': post(`content-length: 3\r\n${length}`, body),
    'two lengths in one field': post(`content-length: ${body.length}, 3\r\n`, body),
    'a length with a sign': post(`content-length: +${body.length}\r\n`, body),
    'a negative length': post('content-length: -1\r\n', body),
    'a length in hexadecimal': post(`content-length: 0x${body.length.toString(16)}\r\n`, body),
    'a length beyond all numbers': post(`content-length: ${'9'.repeat(40)}\r\n`, body),
    'a length that is no number': post('content-length: x\r\n', body),
    'an empty length': post('content-length: \r\n', body),
    'chunks in another coding': post('transfer-encoding: xchunked\r\n', chunk),
    'chunks, then nothing': post('transfer-encoding: chunked, identity\r\n', chunk),
    'compressed chunks': post('transfer-encoding: gzip, chunked\r\n', chunk),
    'chunks twice': post(chunked + chunked, chunk),
    'chunks with a tab': post('transfer-encoding:\tchunked\x0b\r\n', chunk),
    'a space before the colon': post('transfer-encoding : chunked\r\n', chunk),
    'a size that is no number': post(chunked, `zz\r\n${body}\r\n0\r\n\r\n`),
    'a size with a sign': post(chunked, `-1\r\n${body}\r\n0\r\n\r\n`),
    'a size beyond all numbers': post(chunked, `${'f'.repeat(20)}\r\n${body}\r\n0\r\n\r\n`),
    'a chunk without an end': post(chunked, `${body.length.toString(16)}\r\n${body}XX0\r\n\r\n`),
    'an extension without an end': post(chunked, `1;${'a'.repeat(100_000)}\r\n`),
    'line ends without a return': post(chunked, chunk.replaceAll('\r\n', '\n')),
  };
  return Object.entries(list).map(([name, text]) => ({ name, parts: [text] }));
}

interface Heads {
  readonly line: string;
  readonly head: string;
  readonly length: string;
  readonly body: string;
}

function heads(post: Post, { line, head, length, body }: Heads): RawAttack[] {
  const list: Record<string, string | Buffer> = {
    'a head beyond its size': post(`a: ${'b'.repeat(20_000)}\r\n${length}`, body),
    'fields beyond count': post(`${'a: b\r\n'.repeat(5_000)}${length}`, body),
    'a name beyond its size': post(`${'a'.repeat(20_000)}: b\r\n${length}`, body),
    'a NUL in a field': post(`a: b\0c\r\n${length}`, body),
    'a return in a field': post(`a: b\rc\r\n${length}`, body),
    'a field that goes on in the next line': post(`a: b\r\n c\r\n${length}`, body),
    'a field without a name': post(`: b\r\n${length}`, body),
    'a field without a colon': post(`a\r\n${length}`, body),
    'a name that is not ASCII': post(`\xff: b\r\n${length}`, body),
    'no host': `${line}${head.replace(/host: .*\r\n/, '')}${length}\r\n${body}`,
    'two hosts': post(`host: y\r\n${length}`, body),
    'two credentials': post(`authorization: Bearer x\r\n${length}`, body),
    'line ends without a return in the head': post(length, body).replaceAll('\r\n', '\n'),
    'a type that is not ASCII': post(length, body).replace('application/json', 'application/json; charset=\xff'),
  };
  const passing = new Set(['two hosts', 'two credentials', 'a field that goes on in the next line']);
  return Object.entries(list).map(([name, text]) => ({
    name,
    parts: [text],
    ...(passing.has(name) ? { mayPass: true as const } : {}),
  }));
}

function lines({ head, length, body }: Omit<Heads, 'line'>): RawAttack[] {
  const starts = [
    'POST /api/v1/agents',
    'POST /api/v1/agents HTTP/0.9',
    'POST /api/v1/agents HTTP/2.0',
    'POST /api/v1/agents HTTP/1.1 x',
    'post /api/v1/agents HTTP/1.1',
    'POST  /api/v1/agents HTTP/1.1',
    'POST\t/api/v1/agents HTTP/1.1',
    ' POST /api/v1/agents HTTP/1.1',
    'POST /api/v1/agents\0 HTTP/1.1',
    'POST /api/v1/agents\xff HTTP/1.1',
    'POST /api/v1/agents%00 HTTP/1.1',
    'POST /api/v1/agents%2f HTTP/1.1',
    'POST /api/v1%2fagents HTTP/1.1',
    'POST /api/v1/../v1/agents HTTP/1.1',
    'POST //api/v1/agents HTTP/1.1',
    'POST /api//v1/agents HTTP/1.1',
    'POST /API/V1/AGENTS HTTP/1.1',
    'POST /api/v1/agents/ HTTP/1.1',
    'POST /api/v1/agents;x=1 HTTP/1.1',
    'POST api/v1/agents HTTP/1.1',
    'POST * HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'CONNECT x:80 HTTP/1.1',
    'TRACE /api/v1/agents HTTP/1.1',
    `POST /${'a'.repeat(20_000)} HTTP/1.1`,
    'POST /api/v1/agents?%ff HTTP/1.1',
    'POST /api/v1/agents?a HTTP/1.1',
    'POST /%ff%fe HTTP/1.1',
    'POST /% HTTP/1.1',
    'XYZZY /api/v1/agents HTTP/1.1',
    'POST http://evil.example/api/v1/agents HTTP/1.1',
    'POST file:///etc/passwd HTTP/1.1',
  ];
  // They name the very resource: the server is spelt out, or a space too much stands before it.
  const passing = [
    'POST  /api/v1/agents HTTP/1.1',
    'POST http://evil.example/api/v1/agents HTTP/1.1',
    'OPTIONS * HTTP/1.1',
  ];
  return starts.map((start) => ({
    name: `the line ${start.slice(0, 50)}`,
    parts: [`${start}\r\n${head}${length}\r\n${body}`],
    ...(passing.includes(start) ? { mayPass: true as const } : {}),
  }));
}
