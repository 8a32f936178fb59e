// Questions of a run, asked for a tenant whose models are set up by the API.
import type { Test } from 'tap';
import { requestRun } from '../../commands/run.ts';
import { type Run, runStream } from '../../events/run.ts';
import type { RunModelCalled } from '../../events/run-fact.ts';
import { TenantFounded } from '../../events/tenant.ts';
import type { ApiOptions } from '../../api/context.ts';
import type { Static } from 'typebox';
import type { Fact } from '../../kernel/event.ts';
import { newId } from '../../kernel/id.ts';
import { record } from '../../kernel/stream.ts';
import { firstRouting } from '../../policies/model-routing.ts';
import type { Asked, Question } from '../../runs/step.ts';
import { putContent } from '../../sql/content.ts';
import { openDatabase } from '../../sql/database.ts';
import { type AskerOptions, createAsker } from '../../workers/asker.ts';
import { given, tenantId as tenantOfSpecs } from './given.ts';
import { testMasterKey } from './ledger.ts';
import { contentOf, runRequest } from './run.ts';
import { startTestServer } from './server.ts';

export type ModelCall = Static<typeof RunModelCalled.shape>;

export const price = { input: 1_000_000, cached: 100_000, output: 2_000_000 };

export async function openAsking(t: Test, options: Partial<ApiOptions> & Partial<AskerOptions> = {}) {
  const server = await startTestServer(t, { modelAllowPrivate: true, ...options });
  const { tenantId, userKey: key } = await server.found();
  const database = openDatabase({ url: server.urls.workerUrl, max: 4, applicationName: 'loopledger-test' });
  const { scriptedModels: scripts = null, firstTokenMs = 60_000, totalMs = 60_000, patienceMs = 2_000 } = options;
  const times = { firstTokenMs, totalMs, patienceMs };
  const asker = createAsker({ database, masterKey: testMasterKey, allowPrivate: true, scripts, ...times });
  t.teardown(async () => {
    await asker.close();
    await database.close();
  });

  return {
    ...server,
    key,
    tenantId,
    database,
    async offer(body: object): Promise<string> {
      const made = await server.say('POST', '/api/v1/model-endpoints', { key, body });
      if (made.status !== 201) throw new Error(made.text);
      return made.body.id;
    },
    async route(medium: readonly string[], caps: Partial<typeof firstRouting.caps> = {}): Promise<void> {
      const complexity = { ...firstRouting.complexity, medium };
      const body = { ...firstRouting, complexity, caps: { ...firstRouting.caps, ...caps } };
      const put = await server.say('PUT', '/api/v1/model-routing', { key, body });
      if (put.status !== 200) throw new Error(put.text);
    },
    /** A run whose state follows the calls that are written down. */
    begin: (told: Parameters<typeof runRequest>[1] = {}) => beginRun(t, { tenantId, database, asker }, told),
  };
}

interface Bench {
  readonly tenantId: string;
  readonly database: ReturnType<typeof openDatabase>;
  readonly asker: ReturnType<typeof createAsker>;
}

function beginRun(t: Test, { tenantId, database, asker }: Bench, told: Parameters<typeof runRequest>[1]) {
  const runId = newId();
  const founded = record(TenantFounded, { type: 'tenant', id: tenantOfSpecs }, { name: 'T', slug: 't' }, null);
  const [requested] = given(t, founded).when(requestRun, runRequest(runId, told)).events;
  if (requested === undefined) throw new Error('the run was refused');
  const factOf = (type: string, data: Fact['data']): Fact => ({
    stream: { type: 'run', id: runId },
    type,
    schema: 1,
    data,
    version: 1,
    actor: {},
  });
  let run: Run = runStream.evolve(undefined, factOf(requested.type, requested.data));
  const calls: ModelCall[] = [];
  const pieces: string[] = [];
  const ask = async (text: string, question: Partial<Question> = {}, signal?: AbortSignal): Promise<Asked> => {
    const messages = [{ role: 'user', text }] as const;
    const version = contentOf('instructions').sha256;
    const whole = { purpose: 'code', promptVersion: version, messages, maxOutputTokens: 100, ...question } as const;
    return asker.ask({
      tenantId,
      runId,
      run,
      question: whole,
      prompt: await putContent(database, tenantId, Buffer.from(text)),
      signal: signal ?? new AbortController().signal,
      onText: (piece) => pieces.push(piece),
      record({ kind, data }) {
        run = runStream.evolve(run, factOf(kind.type, { ...data, fence: 1 }));
        calls.push(data as unknown as ModelCall);
        return Promise.resolve();
      },
    });
  };
  return { runId, calls, pieces, ask, run: () => run };
}
