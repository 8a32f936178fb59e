// A server as it is in production but for its domain: one noun, `note`, on a real database.
import { Type } from 'typebox';
import pg from 'pg';
import { perform } from '../../api/perform.ts';
import { defaultOptions, type ApiOptions, type ApiSources, type Logger, type ReadyCheck } from '../../api/context.ts';
import { present } from '../../api/present.ts';
import { type Route, route } from '../../api/route.ts';
import { buildServer, type ApiServer } from '../../api/server.ts';
import type { Role } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { newId } from '../../kernel/id.ts';
import { newKey } from '../../kernel/secret.ts';
import { Id, Name } from '../../kernel/shape.ts';
import { born, defineStream, eventType, record, when } from '../../kernel/stream.ts';
import { type Database, openDatabase } from '../../sql/database.ts';
import { readFeedEpoch, readPosition } from '../../sql/feed-position.ts';
import { createLedger } from '../../sql/ledger.ts';
import { createTenantKeys } from '../../sql/tenant-keys.ts';
import { makeRegistry } from '../../sql/registry.ts';
import { createTestDatabase, type Teardown } from '../support/database.ts';
import { neverLateMs } from '../support/pace.ts';

interface Note {
  readonly title: string;
}

const NoteWritten = eventType('note.written', Type.Object({ title: Name }), 'A note was written');
const NoteRenamed = eventType('note.renamed', Type.Object({ title: Name }), 'A note was renamed');
const notes = defineStream<Note>('note', [
  born(NoteWritten, ({ title }) => ({ title })),
  when(NoteRenamed, (_note, { title }) => ({ title })),
]);

const WriteNote: CommandDefinition<{ readonly note_id: string; readonly title: string }> = {
  name: 'WriteNote',
  subject: ({ note_id }) => ({ type: 'note', id: note_id }),
  authorize: () => undefined,
  decide: ({ note_id, title }) => [record(NoteWritten, { type: 'note', id: note_id }, { title }, null)],
};

const RenameNote: CommandDefinition<{ readonly note_id: string; readonly title: string }> = {
  ...WriteNote,
  name: 'RenameNote',
  decide: ({ note_id, title }) => [record(NoteRenamed, { type: 'note', id: note_id }, { title }, null)],
};

const NoteView = Type.Object({ id: Id, title: Name }, { additionalProperties: false });
const NoteBody = Type.Object(
  {
    title: Name,
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 3 })),
    size: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
const NotePath = Type.Object({ note_id: Id });
const shown = { id: '0198f1ff-0000-7000-8000-000000000000', title: 'A note' };

const noteRoutes: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/notes',
    operation: 'writeNote',
    summary: 'Write a note',
    tags: ['notes'],
    role: { atLeast: 'agent' },
    body: NoteBody,
    status: 201,
    response: NoteView,
    codes: [],
    examples: { body: { title: 'A note' }, response: shown },
    handler: (call) =>
      perform(call, {
        definition: WriteNote,
        command: { note_id: newId(), title: call.body.title },
        render: ({ id, state }) => ({ status: 201, body: JSON.stringify({ id, ...(state as Note) }) }),
        location: '/api/v1/notes',
      }),
  }),
  route({
    method: 'PUT',
    url: '/api/v1/notes/:note_id',
    operation: 'renameNote',
    summary: 'Rename a note',
    tags: ['notes'],
    role: { exactly: ['user'] },
    params: NotePath,
    body: NoteBody,
    status: 200,
    response: NoteView,
    codes: [],
    examples: { params: { note_id: shown.id }, body: { title: 'A note' }, response: shown },
    handler: (call) =>
      perform(call, {
        definition: RenameNote,
        command: { note_id: call.params.note_id, title: call.body.title },
        render: ({ id, state }) => ({ status: 200, body: JSON.stringify({ id, ...(state as Note) }) }),
      }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/notes/:note_id',
    operation: 'getNote',
    summary: 'Show a note',
    tags: ['notes'],
    role: { atLeast: 'agent' },
    params: NotePath,
    status: 200,
    response: NoteView,
    query: Type.Object(
      {
        size: Type.Optional(Type.Integer()),
        tag: Type.Optional(Type.Array(Type.String({ maxLength: 9 }), { maxItems: 2 })),
        loud: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    codes: [],
    examples: { params: { note_id: shown.id }, response: shown },
    handler: async (call) => {
      const position = await readPosition(call.api.database, call.tenantId);
      return present(call, {
        body: JSON.stringify({ id: call.params.note_id, query: call.query }),
        version: 7,
        position,
      });
    },
  }),
];

export interface TestApi {
  readonly server: ApiServer;
  readonly database: Database;
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly sources: ApiSources;
  readonly logged: string[];
  /** The secret of a key that is in force. */
  addKey(role: Role, tenantId: string, expiresInMs?: number): Promise<string>;
  admin(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
}

export interface TestSettings {
  readonly options?: Partial<ApiOptions>;
  readonly checks?: readonly ReadyCheck[];
  readonly routes?: readonly Route[];
}

const testKey = Buffer.from('an example of a master key, 32 b');

export async function startTestApi(t: Teardown, settings: TestSettings = {}): Promise<TestApi> {
  const { adminUrl, appUrl } = await createTestDatabase(t);
  const database = openDatabase({ url: appUrl, max: 4, applicationName: 'test' });
  const client = new pg.Client(adminUrl);
  await client.connect();
  const logged: string[] = [];
  const logger = memoryLogger(logged);
  const registry = makeRegistry({ streams: [notes], views: [], lookups: [], constraints: {} });
  const sources: ApiSources = {
    database,
    ledger: createLedger({ database, registry }),
    tenantKeys: createTenantKeys({ database, masterKey: testKey }),
    options: {
      ...defaultOptions,
      version: '0.0.0',
      masterKey: testKey,
      maxLoopDelayMs: neverLateMs,
      ...settings.options,
    },
    logger,
    checks: settings.checks ?? [],
    feedEpoch: await readFeedEpoch(database),
  };
  const server = buildServer(sources, [...noteRoutes, ...(settings.routes ?? [])]);
  t.teardown(async () => {
    await server.http.close();
    await client.end();
    await database.close();
  });
  return {
    server,
    database,
    adminUrl,
    appUrl,
    sources,
    logged,
    addKey: (role, tenantId, expiresInMs) => addKey(client, role, tenantId, expiresInMs),
    admin: (sql, values = []) => client.query(sql, [...values]),
  };
}

async function addKey(client: pg.Client, role: Role, tenantId: string, expiresInMs?: number): Promise<string> {
  const { secret, hash } = newKey('live');
  await client.query(
    `insert into platform.key_hashes (key_hash, tenant_id, key_id, role, active, expires_at)
     values ($1, $2, $3, $4, true, clock_timestamp() + make_interval(secs => $5))`,
    [hash, tenantId, newId(), role, expiresInMs === undefined ? null : expiresInMs / 1000],
  );
  return secret;
}

function memoryLogger(lines: string[]): Logger {
  const keep = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  return { level: 'info', info: keep, warn: keep, error: keep };
}
