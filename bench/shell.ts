// What the HTTP layer costs a request beyond a bare Fastify handler. Node's parser and writer run, the kernel's sockets,
// the database and the ledger do not: CPU time in one process, rounds in turn, medians. `node bench/shell.ts`
import { fastify, type FastifyInstance } from 'fastify';
import { Duplex } from 'node:stream';
import { Type } from 'typebox';
import { type ApiSources, defaultOptions } from '../api/context.ts';
import { createLogger } from '../api/log.ts';
import { perform } from '../api/perform.ts';
import { route } from '../api/route.ts';
import { buildServer } from '../api/server.ts';
import { newId } from '../kernel/id.ts';
import { keyHash, newKey } from '../kernel/secret.ts';
import { Id, Name } from '../kernel/shape.ts';
import type { LedgerDatabase } from '../sql/database.ts';
import type { Ledger } from '../sql/ledger.ts';
import { createTenantKeys } from '../sql/tenant-keys.ts';
import type { Value, Values } from '../sql/scoped-query.ts';

const rounds = 7;
const requestsARound = 20_000;
const body = JSON.stringify({
  title: 'Refuse a second claim of the same story'.padEnd(180, '.'),
  tags: ['one', 'two'],
  size: 12,
});
const reply = JSON.stringify({ id: newId(), title: 'x'.repeat(400), version: 1 });
const BodyShape = Type.Object(
  { title: Name, tags: Type.Array(Type.String({ maxLength: 20 }), { maxItems: 5 }), size: Type.Integer() },
  { additionalProperties: false },
);
const url = '/api/v1/notes';
const { secret } = newKey('live');

/** Knows one key and grants every lease. */
const database: LedgerDatabase = {
  hold: () => Promise.reject(new Error('there is nothing to hold')),
  read: () => Promise.resolve([]),
  find: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
  platform: <Shape>(query: { readonly name: string }, values: Values) => {
    const key = {
      key_hash: keyHash(secret),
      tenant_id: newId(),
      key_id: newId(),
      agent_id: null,
      role: 'user',
      lineage: [],
      expires_in_ms: null,
    };
    const leases = ((values as readonly Value[])[3] as number[] | undefined)?.map((granted) => ({
      granted,
      remaining: 1e8,
      reset_ms: 60_000,
    }));
    return Promise.resolve((query.name.startsWith('find_keys') ? [key] : leases) as Shape[]);
  },
};

const done = { status: 201, body: reply, position: 1, version: 1, replayed: false };
const ledger = {
  execute: () => Promise.resolve(done),
  backlog: () => 0,
  drain: () => Promise.resolve(),
} as unknown as Ledger;

const writeNote = route({
  method: 'POST',
  url,
  operation: 'writeNote',
  summary: 'Write a note',
  tags: ['notes'],
  role: { atLeast: 'agent' },
  body: BodyShape,
  status: 201,
  response: Type.Object({ id: Id }),
  codes: [],
  examples: {},
  handler: (call) =>
    perform(call, {
      definition: {
        name: 'WriteNote',
        subject: () => ({ type: 'note', id: newId() }),
        authorize: () => undefined,
        decide: () => [],
      },
      command: call.body,
      render: () => done,
      location: url,
    }),
});

function bareServer(): FastifyInstance {
  const server = fastify({ logger: false });
  server.post(url, { schema: { body: BodyShape } }, async (_request, answer) => {
    await Promise.resolve();
    void answer.code(201).header('content-type', 'application/json; charset=utf-8');
    return reply;
  });
  return server;
}

function ourServer(level: string): FastifyInstance {
  const masterKey = Buffer.alloc(32, 1);
  const sources: ApiSources = {
    database,
    ledger,
    tenantKeys: createTenantKeys({ database, masterKey }),
    options: { ...defaultOptions, version: '0', masterKey, ratePerKey: 1e8, ratePerTenant: 1e9 },
    logger: createLogger({ level, write: () => undefined }),
    checks: [],
    feedEpoch: 'bench',
  };
  const { http, api } = buildServer(sources, [writeNote]);
  api.authenticator.start();
  return http;
}

/** A connection without a kernel under it. */
class Wire extends Duplex {
  private heard: () => void = () => undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, next: () => void): void {
    if (chunk.toString('latin1', 9, 12) !== '201') throw new Error(chunk.toString());
    next();
    this.heard();
  }

  ask(request: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.heard = resolve;
      this.push(request);
    });
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

async function connect(server: FastifyInstance): Promise<Wire> {
  await server.ready();
  const wire = new Wire();
  server.server.emit('connection', wire);
  return wire;
}

async function runRound(wire: Wire, request: Buffer): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < requestsARound; sent += 1) await wire.ask(request);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requestsARound;
}

function requestWith(headers: string): Buffer {
  return Buffer.from(
    `POST ${url} HTTP/1.1\r\nhost: bench\r\n${headers}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

const known = requestWith(`authorization: Bearer ${secret}\r\nidempotency-key: ${newId()}\r\n`);
const lanes = [
  {
    name: 'a bare Fastify handler',
    wire: await connect(bareServer()),
    request: requestWith(''),
    costs: [] as number[],
  },
  { name: 'the API, without a log', wire: await connect(ourServer('silent')), request: known, costs: [] as number[] },
  { name: 'the API, a line a request', wire: await connect(ourServer('info')), request: known, costs: [] as number[] },
];
for (const { wire, request } of lanes) await runRound(wire, request);
for (let round = 0; round < rounds; round += 1) {
  for (const lane of lanes) lane.costs.push(await runRound(lane.wire, lane.request));
}
for (const { name, costs } of lanes) {
  const median = costs.sort((one, other) => one - other)[Math.floor(rounds / 2)] as number;
  console.log(`${name.padEnd(28)}${median.toFixed(1)} µs of CPU a request`);
}
process.exit(0);
