// The baseline: a Fastify server as one writes it in an afternoon, with one INSERT or one SELECT a request.
// No accounts, no roles, no tenants, no log, no idempotency.
import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import pg from 'pg';
import { createdStoryShape, newStoryShape, storyPageShape, storyShape } from './stage/story-shape.ts';

interface NewStory {
  readonly title: string;
  readonly description?: string;
  readonly priority?: number;
  readonly criteria?: readonly object[];
}

interface OfEpic {
  readonly Params: { readonly epic_id: string };
}

const columns = `id, version, created_at, updated_at, project_id, epic_id, number, title, description, priority, estimate,
  criteria, criteria_revision, agent_status, verified_status, status`;
const pool = new pg.Pool({ connectionString: process.env['BENCH_URL'], max: Number(process.env['BENCH_POOL']) });

async function addStory(request: FastifyRequest<OfEpic & { Body: NewStory }>, reply: FastifyReply): Promise<object> {
  const { epic_id } = request.params;
  const { title, description = '', priority = 2, criteria = [] } = request.body;
  const { rows } = await pool.query<{ id: string; created_at: Date }>({
    name: 'insert_story',
    text: `insert into bench.stories (epic_id, title, description, priority, criteria) values ($1, $2, $3, $4, $5)
           returning id, created_at`,
    values: [epic_id, title, description, priority, JSON.stringify(criteria)],
  });
  reply.code(201);
  return { ...rows[0], epic_id, title, description, priority, criteria };
}

/** What is left of it without a database: no server that answers such a request on this machine can be faster. */
async function pretendStory(
  request: FastifyRequest<OfEpic & { Body: NewStory }>,
  reply: FastifyReply,
): Promise<object> {
  const { title, description = '', priority = 2, criteria = [] } = request.body;
  reply.code(201);
  return {
    id: pretended,
    created_at: new Date(),
    epic_id: request.params.epic_id,
    title,
    description,
    priority,
    criteria,
  };
}

const pretended = '0198f1ff-0000-7000-8000-000000000002';

async function showStory(request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply): Promise<object> {
  const { rows } = await pool.query<Record<string, unknown>>({
    name: 'find_story',
    text: `select ${columns} from bench.shown_stories where id = $1`,
    values: [request.params.id],
  });
  return rows[0] ?? reply.code(404).send();
}

async function listStories(request: FastifyRequest<OfEpic>): Promise<object> {
  const { rows } = await pool.query<Record<string, unknown>>({
    name: 'list_stories',
    text: `select ${columns} from bench.shown_stories where epic_id = $1 order by ordinal limit 50`,
    values: [request.params.epic_id],
  });
  return { data: rows };
}

const app = fastify();
app.route({
  method: 'POST',
  url: '/epics/:epic_id/stories',
  schema: { body: newStoryShape, response: { 201: createdStoryShape } },
  handler: addStory,
});
app.route({
  method: 'POST',
  url: '/pretended/epics/:epic_id/stories',
  schema: { body: newStoryShape, response: { 201: createdStoryShape } },
  handler: pretendStory,
});
app.route({ method: 'GET', url: '/stories/:id', schema: { response: { 200: storyShape } }, handler: showStory });
app.route({
  method: 'GET',
  url: '/epics/:epic_id/stories',
  schema: { response: { 200: storyPageShape } },
  handler: listStories,
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
