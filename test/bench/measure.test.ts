// What the figures of the benchmark rest on: buckets, draws, the reading of answers, and the medians.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'tap';
import { Connection } from '../../bench/measure/connection.ts';
import { makeDraw, makeSortedDraw } from '../../bench/measure/draw.ts';
import { Histogram } from '../../bench/measure/histogram.ts';
import { type Measure, type Row, runRounds } from '../../bench/measure/rounds.ts';
import { tableOf } from '../../bench/report/table.ts';

test('a quantile is right to a thirty-second of its value', async (t) => {
  const values = Array.from({ length: 5000 }, (_, index) => ((index * 7919) % 5000) ** 2 / 1000);
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const sorted = values.toSorted((one, other) => one - other);
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = sorted[Math.ceil(sorted.length * share) - 1] as number;
    const found = new Histogram(histogram.toCounts()).quantile(share);
    t.ok(Math.abs(found - exact) <= exact / 32 + 0.001, `${share}: ${found} stands for ${exact}`);
  }
});

test('an empty histogram has no quantile', async (t) => {
  t.equal(new Histogram().quantile(0.99), 0);
});

function countDraws(size: number, spread: 'uniform' | 'skewed'): number[] {
  const counts = Array.from({ length: size }, () => 0);
  const draw = makeDraw(size, spread);
  for (let drawn = 0; drawn < 100_000; drawn += 1) {
    const index = draw();
    counts[index] = (counts[index] as number) + 1;
  }
  return counts;
}

test('a uniform draw takes everyone alike', async (t) => {
  const counts = countDraws(64, 'uniform');
  t.ok(Math.min(...counts) > 1300 && Math.max(...counts) < 1850, `${Math.min(...counts)}–${Math.max(...counts)}`);
});

test('a skewed draw follows the law of Zipf', async (t) => {
  const [first = 0, second = 0, , fourth = 0, ...rest] = countDraws(64, 'skewed');
  t.ok(Math.abs(first / second - 2) < 0.2, 'the first comes twice as often as the second');
  t.ok(Math.abs(first / fourth - 4) < 0.5, 'and four times as often as the fourth');
  t.ok(Math.min(...rest) > 0, 'nobody is left out');
});

test('of those behind a balancer each draws its own, and together they draw all', (t) => {
  const seen = [0, 1, 2].map((first) => {
    const draw = makeSortedDraw({ count: 64, first, step: 3 }, 'uniform');
    return new Set(Array.from({ length: 5_000 }, draw));
  });
  t.same(
    seen.map((indices) => [...new Set([...indices].map((index) => index % 3))]),
    [[0], [1], [2]],
  );
  t.equal(new Set(seen.flatMap((indices) => [...indices])).size, 64);
  t.equal(Math.max(...seen.flatMap((indices) => [...indices])), 63);
  t.end();
});

/** A server that answers each request with the next of these texts, in pieces of so many bytes. */
async function startPieces(answers: readonly string[], pieceBytes: number) {
  let turn = 0;
  const server = createServer((socket: Socket) => {
    socket.setNoDelay(true);
    socket.on('data', () => void sendPieces(socket, answers[turn++ % answers.length] ?? '', pieceBytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function sendPieces(socket: Socket, text: string, size: number): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    socket.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

interface Answered {
  readonly status: number;
  readonly failure: string | null;
}

async function ask(port: number, times: number): Promise<Answered[]> {
  const answers: Answered[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const connection = new Connection(port, 200, {
    next: (buffer) => (answers.length < times ? buffer.write('GET / HTTP/1.1\r\n\r\n', 'latin1') : 0),
    answered: (status, _latencyMs, failure) => answers.push({ status, failure }),
    ended: resolve,
  });
  connection.start();
  await promise;
  return answers;
}

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nzw\u00f6lf Bytes';
const empty = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

for (const pieceBytes of [1, 7, 1000]) {
  test(`answers in pieces of ${pieceBytes} bytes are read to their end`, async (t) => {
    const { server, port } = await startPieces([good, empty], pieceBytes);
    const answers = await ask(port, 4);
    t.same(
      answers,
      [0, 1, 2, 3].map(() => ({ status: 200, failure: null })),
    );
    server.close();
  });
}

test('an answer of another status is a failure with its text', async (t) => {
  const { server, port } = await startPieces(['HTTP/1.1 429 Slow\r\ncontent-length: 5\r\n\r\nlater'], 1000);
  const [answer] = await ask(port, 1);
  t.match(answer, { status: 429, failure: /later/ });
  server.close();
});

test('a connection that is cut before the answer is a failure', async (t) => {
  const server = createServer((socket: Socket) => socket.on('data', () => socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [answer] = await ask((server.address() as AddressInfo).port, 1);
  t.match(answer, { status: 0, failure: /closed/ });
  server.close();
});

const still = { p50Ms: 1, p99Ms: 2, serverCpu: null, postgresCpu: 0.5 };

test('a ratio is the median of the ratios within the rounds', async (t) => {
  // The first rate is that of the practice round. The ratio of the medians would be 3.
  const rates: Record<string, readonly number[]> = { slow: [1, 100, 50, 10], fast: [1, 150, 200, 20] };
  const seen: string[] = [];
  const contender = (name: string, against: readonly string[]) => ({
    name,
    against,
    measure: async (): Promise<Measure> => {
      seen.push(name);
      return {
        ...still,
        perSecond: (rates[name] as readonly number[])[seen.filter((one) => one === name).length - 1] as number,
      };
    },
  });
  const rows = await runRounds([contender('slow', ['slow']), contender('fast', ['slow'])], 3, () => undefined);
  t.same(
    rows.map((row) => row.ratios),
    [{}, { slow: { perSecond: 2, p99: 1, cpu: null } }],
  );
  t.same(
    rows.map((row) => row.serverCpu),
    [null, null],
  );
  t.same(
    rows.map((row) => row.perSecond),
    [50, 150],
  );
  t.same(seen.join(' '), 'slow fast slow fast fast slow slow fast', 'after the practice the order turns');
});

test('a table has a column for each baseline and a dash for what is not known', async (t) => {
  const row = (name: string, ratios: Row['ratios']) => ({
    ...still,
    name,
    ratios,
    perSecond: 10,
    rounds: [],
  });
  const rows = [
    row('bare', {}),
    row('ours', { bare: { perSecond: 1.5, p99: 0.8, cpu: null }, other: { perSecond: 2, p99: 1, cpu: 0.7 } }),
  ];
  const text = tableOf({ name: 'x', title: 'Title', notes: ['note'], rows });
  t.match(text, /× bare\s+p99\s+CPU\s+× other/);
  t.match(text, /ours\s+10\s+1\.00\s+2\.00\s+–\s+0\.500 ms\s+1\.50\s+0\.80\s+2\.00\s+1\.00\s+0\.70/);
  t.match(tableOf({ name: 'x', title: 'Title', notes: [], rows, baseline: 'at rest' }), /× at rest\s+p99/);
});
