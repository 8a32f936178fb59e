// What a step of a run is given of the world: models, sandboxes and content of its own tenant, and the pen that writes facts.
import { answerKey, type KeptAnswer, type Run } from '../events/run.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import type { JsonObject } from '../kernel/event.ts';
import { soundText } from '../kernel/sound.ts';
import { SandboxChain } from '../sandbox/chain.ts';
import type { SandboxPort } from '../sandbox/port.ts';
import type { ToolCall } from '../models/port.ts';
import type { Asked, Asker, Question, StepFact, StepWorld } from '../runs/step.ts';
import { readModelRouting } from '../projections/model-routing.ts';
import { putContent, readContent } from '../sql/content.ts';
import type { Database } from '../sql/database.ts';
import type { ClaimedRun } from '../sql/run-lease.ts';

export interface WorldSources {
  readonly database: Database;
  readonly ask: Asker;
  /** In the order of their strength. */
  readonly sandboxes: readonly SandboxPort[];
}

export interface WorldOfStep {
  readonly claim: ClaimedRun;
  readonly signal: AbortSignal;
  /** The run as it is now. */
  readonly run: () => Run;
  readonly note: (facts: readonly StepFact[]) => Promise<void>;
  readonly tell: (delta: JsonObject) => void;
  /** Of executions under this claim, from 1. */
  readonly nextExecution: () => number;
}

/** More executions than any one claim of a run has. */
const executionsPerFence = 10_000;

export function makeStepWorld(sources: WorldSources, step: WorldOfStep): StepWorld {
  const { database } = sources;
  const { claim, signal, note, tell } = step;
  const { tenantId, runId } = claim;
  const keep = (bytes: string | Buffer) => putContent(database, tenantId, Buffer.from(bytes));
  const read = async ({ sha256 }: { readonly sha256: string }): Promise<Buffer> => {
    const bytes = await readContent(database, tenantId, sha256);
    if (bytes === null) throw new Error(`the content ${sha256} of a run is not kept any more`);
    return bytes;
  };
  const ask = async (said: Question): Promise<Asked> => {
    signal.throwIfAborted();
    const messages = said.messages.map((message) => ({ ...message, text: soundText(message.text) }));
    const question = { ...said, messages };
    const prompt = await keep(promptText(question));
    const known = step.run().answers[answerKey(question.purpose, prompt)];
    if (known !== undefined) return await answerOf(known, read);
    return sources.ask({
      tenantId,
      runId,
      run: step.run(),
      question,
      prompt,
      signal,
      onText: (text) => tell({ kind: 'text', purpose: question.purpose, text }),
      record: (fact) => note([fact]),
    });
  };
  return {
    get run() {
      return step.run();
    },
    runId,
    tenantId,
    signal,
    ask,
    execute: (request) => {
      const { tiers } = step.run();
      const chain = new SandboxChain(sources.sandboxes, tiers);
      const attempt = claim.fence * executionsPerFence + step.nextExecution();
      return chain.run({ ...request, signal, owner: { tenantId, runId, attempt } });
    },
    note,
    keep,
    read,
    tell,
    thresholds: async () => (await readModelRouting(database, tenantId)).view.thresholds,
    now: () => Date.now(),
  };
}

async function answerOf({ text, calls }: KeptAnswer, read: StepWorld['read']): Promise<Asked> {
  const said = (await read(text)).toString('utf8');
  if (calls.length === 0) return { text: said };
  const told = calls.map(async ({ name, arguments: given }): Promise<ToolCall> => {
    return { name, arguments: JSON.parse((await read(given)).toString('utf8')) as JsonObject };
  });
  return { text: said, calls: await Promise.all(told) };
}

/** Equal for the same question: by its digest an answer is found again. */
function promptText({ messages, maxOutputTokens, shape, tools }: Question): string {
  return canonicalJson({
    messages: messages.map(saidOf),
    max_output_tokens: maxOutputTokens,
    shape: shape?.name ?? null,
    tools: tools?.map(({ name }) => name),
  });
}

function saidOf(message: Question['messages'][number]): JsonObject {
  const { role, text } = message;
  if (message.role === 'tool') return { role, text, id: message.id, name: message.name };
  const calls = message.role === 'assistant' ? message.calls : undefined;
  // Texts of models may hold halves of characters, which canonical JSON has none of.
  return { role, text, calls: calls?.map(({ id, ...call }) => ({ id, call: JSON.stringify(call) })) };
}
