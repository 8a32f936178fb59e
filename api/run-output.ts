// What a run did and made over HTTP: its events, what models were asked and answered, its code and its artifacts.
import { type Static, Type } from 'typebox';
import { listOf, pageQuery } from '../kernel/page.ts';
import { Id, Timestamp } from '../kernel/shape.ts';
import { bestCandidate, type Candidate, type Run } from '../events/run.ts';
import { type Content, RunModelCalled } from '../events/run-fact.ts';
import { runOf, runRefusals, runRules } from '../policies/run.ts';
import { eventExample, EventView } from '../projections/event.ts';
import { listModelCalls, listRunHistory, type ModelCall } from '../projections/run-history.ts';
import { readContent } from '../sql/content.ts';
import { askLedger } from './ask.ts';
import type { Answer, Call } from './call.ts';
import { pageOf, presentList } from './present.ts';
import { presentListed } from './render.ts';
import { type Route, route } from './route.ts';
import { missingRun, oneRun, RunPath, runExample, runParams } from './run.ts';

const closed = { additionalProperties: false } as const;
const tags = ['runs'] as const;

const stepsRoute = route({
  method: 'GET',
  url: `${oneRun}/steps`,
  operation: 'listRunSteps',
  summary: 'List everything that happened to a run, from its beginning',
  description: 'Events as the change feed shows them.',
  tags,
  role: runRules.read,
  params: RunPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(EventView),
  codes: ['run_not_found'],
  examples: {
    params: runParams,
    response: {
      data: [{ ...eventExample, type: 'run.approved', stream: { type: 'run', id: runExample.id } }],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: (call) =>
    presentListed(call, listRunHistory(call.api.database, call.tenantId, call.params.run_id, pageOf(call)), missingRun),
});

const mostCharacters = 32_768;
/** Of all texts of a page. */
const mostTogether = 1_048_576;

const KeptText = Type.Union(
  [
    Type.Object(
      {
        text: Type.String({ maxLength: mostCharacters }),
        is_cut: Type.Boolean({ description: 'There is more of it than is shown' }),
      },
      closed,
    ),
    Type.Null(),
  ],
  { description: 'Null where there is none, or it is kept no longer' },
);
const { fence: _fence, prompt: _prompt, output: _output, ...asked } = RunModelCalled.shape.properties;
const TranscriptEntry = Type.Object({ at: Timestamp, ...asked, prompt: KeptText, output: KeptText }, closed);

interface CallEvent {
  readonly recorded_at: string;
  readonly data: ModelCall;
}

async function transcript(call: Call<Static<typeof RunPath>, Parameters<typeof pageOf>[0]['query']>): Promise<Answer> {
  const { api, tenantId, params } = call;
  const listed = await listModelCalls(api.database, tenantId, params.run_id, pageOf(call));
  if (listed === null) throw missingRun();
  let left = mostTogether;
  const readText = async (content: Content | null) => {
    const bytes = content === null ? null : await readContent(api.database, tenantId, content.sha256);
    if (bytes === null) return null;
    const whole = bytes.toString('utf8');
    const text = whole.slice(0, Math.min(mostCharacters, left)).toWellFormed();
    left -= text.length;
    return { text, is_cut: text.length < whole.length };
  };
  const items: string[] = [];
  for (const item of listed.items) {
    const { recorded_at: at, data } = JSON.parse(item) as CallEvent;
    const { fence: _held, prompt, output, ...told } = data;
    items.push(JSON.stringify({ at, ...told, prompt: await readText(prompt), output: await readText(output) }));
  }
  return presentList(call, { ...listed, items });
}

const transcriptRoute = route({
  method: 'GET',
  url: `${oneRun}/transcript`,
  operation: 'getRunTranscript',
  summary: 'List what models were asked in a run and what they answered',
  description: 'Long texts are cut, and the later ones of a page are left out when it grows too long.',
  tags,
  role: runRules.read,
  params: RunPath,
  query: pageQuery({}),
  status: 200,
  response: listOf(TranscriptEntry),
  codes: ['run_not_found'],
  examples: {
    params: runParams,
    response: {
      data: [
        {
          at: runExample.created_at,
          call: 1,
          purpose: 'code',
          attempt: 1,
          endpoint: 'scripted',
          asked_model: 'scripted',
          served_model: 'scripted',
          tokens: { input: 120, cached: 0, output: 40, reasoning: 0 },
          price_version: null,
          reserved_micros: 0,
          cost_micros: 0,
          latency_ms: 3,
          first_token_ms: 1,
          finish_reason: 'stop',
          error: null,
          prompt_version: 'c4f1a9e2d07b5836c4f1a9e2d07b5836c4f1a9e2d07b5836c4f1a9e2d07b5836',
          prompt: { text: 'Write add(a, b).', is_cut: false },
          output: { text: 'def add(a, b):\n    return a + b\n', is_cut: false },
        },
      ],
      next_cursor: null,
      changes_cursor: 'c2VhbGVk',
    },
  },
  handler: transcript,
});

function stateOf(call: Call, runId: string): Promise<Run> {
  return askLedger(call, (world) => runOf(world, runId).state);
}

async function contentOf(call: Call, content: Content | undefined): Promise<Buffer> {
  const bytes = content === undefined ? null : await readContent(call.api.database, call.tenantId, content.sha256);
  if (bytes === null) throw runRefusals.refuse('run_content_not_found', 'The run has no such content.');
  return bytes;
}

function candidateOf(run: Run, wanted: number | null): Candidate | undefined {
  return run.candidates.find(({ number }) => number === wanted);
}

const CandidateQuery = Type.Object(
  {
    candidate: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Without it, the best one so far' }),
    ),
  },
  closed,
);
type OfCandidate = Static<typeof CandidateQuery>;

async function showCode(call: Call<Static<typeof RunPath>, OfCandidate>): Promise<Answer> {
  const run = await stateOf(call, call.params.run_id);
  const code = candidateOf(run, call.query.candidate ?? bestCandidate(run))?.code;
  return { status: 200, body: (await contentOf(call, code)).toString('utf8'), type: 'text/plain; charset=utf-8' };
}

const codeRoute = route({
  method: 'GET',
  url: `${oneRun}/code`,
  operation: 'getRunCode',
  summary: 'Show the code of a run',
  tags,
  role: runRules.read,
  params: RunPath,
  query: CandidateQuery,
  status: 200,
  response: Type.String({ maxLength: 16_777_216 }),
  produces: 'text/plain',
  codes: ['run_not_found', 'run_content_not_found'],
  examples: { params: runParams, query: { candidate: 1 }, response: 'def add(a, b):\n    return a + b\n' },
  handler: showCode,
});

const testsRoute = route({
  method: 'GET',
  url: `${oneRun}/tests`,
  operation: 'getRunTests',
  summary: 'Show the tests that judge the code of a run',
  tags,
  role: runRules.readTests,
  params: RunPath,
  status: 200,
  response: Type.String({ maxLength: 16_777_216 }),
  produces: 'text/plain',
  codes: ['run_not_found', 'run_content_not_found'],
  examples: { params: runParams, response: 'assert add(1, 2) == 3' },
  async handler(call) {
    const { tests } = await stateOf(call, call.params.run_id);
    const text = await contentOf(call, tests ?? undefined);
    return { status: 200, body: text.toString('utf8'), type: 'text/plain; charset=utf-8' };
  },
});

const ArtifactPath = Type.Object({ run_id: Id, name: Type.String({ minLength: 1, maxLength: 200 }) }, closed);

async function showArtifact(call: Call<Static<typeof ArtifactPath>, OfCandidate>): Promise<Answer> {
  const run = await stateOf(call, call.params.run_id);
  const execution = candidateOf(run, call.query.candidate ?? bestCandidate(run))?.execution;
  const artifact = execution?.artifacts.find(({ name }) => name === call.params.name);
  const bytes = await contentOf(call, artifact?.content);
  // Whatever it is, no browser runs it.
  const headers = ['content-disposition', 'attachment'];
  return { status: 200, body: '', bytes, type: 'application/octet-stream', headers };
}

const artifactRoute = route({
  method: 'GET',
  url: `${oneRun}/artifacts/:name`,
  operation: 'getRunArtifact',
  summary: 'Fetch a file that the code of a run left in its folder `out`',
  tags,
  role: runRules.read,
  params: ArtifactPath,
  query: CandidateQuery,
  status: 200,
  response: Type.String({ maxLength: 67_108_864 }),
  produces: 'application/octet-stream',
  codes: ['run_not_found', 'run_content_not_found'],
  examples: { params: { ...runParams, name: 'plot.svg' }, query: { candidate: 1 }, response: '<svg/>' },
  handler: showArtifact,
});

export const runOutputRoutes: readonly Route[] = [stepsRoute, transcriptRoute, codeRoute, testsRoute, artifactRoute];
