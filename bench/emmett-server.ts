// Another event store on PostgreSQL: emmett-postgresql's append behind the baseline's handler, a stream for each story.
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { randomUUID } from 'node:crypto';
import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import pg from 'pg';
import { createdStoryShape, newStoryShape } from './stage/story-shape.ts';

interface StoryCreated {
  readonly type: 'StoryCreated';
  readonly data: Record<string, unknown>;
  readonly kind?: 'Event';
}

interface NewStory {
  readonly Params: { readonly epic_id: string };
  readonly Body: Record<string, unknown>;
}

const databaseUrl = process.env['BENCH_URL'] as string;
const pool = new pg.Pool({ connectionString: databaseUrl, max: Number(process.env['BENCH_POOL']) });
const store = getPostgreSQLEventStore(databaseUrl, { connectionOptions: { pool } });
await store.schema.migrate();

async function addStory(request: FastifyRequest<NewStory>, reply: FastifyReply): Promise<object> {
  const id = randomUUID();
  const data = { id, epic_id: request.params.epic_id, ...request.body, created_at: new Date().toISOString() };
  await store.appendToStream<StoryCreated>(`story-${id}`, [{ type: 'StoryCreated', data }], {
    expectedStreamVersion: 'STREAM_DOES_NOT_EXIST',
  });
  reply.code(201);
  return data;
}

const app = fastify();
app.route({
  method: 'POST',
  url: '/epics/:epic_id/stories',
  schema: { body: newStoryShape, response: { 201: createdStoryShape } },
  handler: addStory,
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });

async function stop(): Promise<void> {
  await app.close();
  await pool.end();
  process.exit(0);
}

process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit(1));
process.send?.({ port: Number(new URL(url).port) });
