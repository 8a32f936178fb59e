// A provider that answers from a script: for tests and the demo. Nothing is asked and nothing is made up.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { checkCalls } from './tool.ts';
import { type ModelAnswer, ModelFailure, modelFailures, type ModelPort, type ModelRequest } from './port.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 200_000 });

const ScriptedAnswer = Type.Object(
  {
    /** An answer is given when all that is said here holds; the first such answer is taken. */
    model: Type.Optional(Type.String({ maxLength: 200 })),
    purpose: Type.Optional(Type.String({ maxLength: 40 })),
    nth: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    contains: Type.Optional(Type.Array(Text, { minItems: 1, maxItems: 20 })),
    text: Type.Optional(Text),
    /** An answer as JSON. */
    json: Type.Optional(Type.Unknown()),
    /** Tools that it calls, checked like those of any other model. */
    calls: Type.Optional(
      Type.Array(Type.Object({ name: Type.String({ maxLength: 64 }), arguments: Type.Unknown() }, closed), {
        minItems: 1,
        maxItems: 20,
      }),
    ),
    fail: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum([...modelFailures]),
          retry_after_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
          /** For so many questions, counted in the process; then the answers below are looked at. */
          times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
        },
        closed,
      ),
    ),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
    /** False: as from a server that does not count. */
    counts: Type.Optional(Type.Boolean()),
  },
  closed,
);
const ModelScript = Type.Object({ answers: Type.Array(ScriptedAnswer, { minItems: 1, maxItems: 2_000 }) }, closed);
type ModelScript = Static<typeof ModelScript>;
type Answer = Static<typeof ScriptedAnswer>;

const pieceLength = 48;
const bytesPerToken = 4;

interface OpenScript {
  readonly text: string;
  readonly port: ModelPort;
}

/** Each model answers from the file of its name as it is now; what it counts begins again when the file changes. */
export function openScripts(folder: string): ModelPort {
  const opened = new Map<string, OpenScript>();
  return {
    async ask(request) {
      const { model } = request;
      if (!/^[a-z0-9][a-z0-9-]{0,80}$/.test(model)) throw unscripted(model);
      const text = await readFile(path.join(folder, `${model}.json`), 'utf8').catch(() => '');
      const known = opened.get(model);
      const script = known?.text === text ? known : { text, port: readScript(model, text) };
      opened.set(model, script);
      return script.port.ask(request);
    },
  };
}

function readScript(model: string, text: string): ModelPort {
  try {
    return openScripted(Value.Parse(ModelScript, JSON.parse(text)));
  } catch {
    throw unscripted(model);
  }
}

function unscripted(model: string): ModelFailure {
  return new ModelFailure('rejected', `There is no script ${model}, or it is none.`, { isFree: true });
}

export function openScripted({ answers }: ModelScript): ModelPort {
  const failures = new Map<Answer, number>();
  const isLeft = (answer: Answer): boolean =>
    answer.fail?.times === undefined || (failures.get(answer) ?? 0) < answer.fail.times;
  return {
    async ask(request) {
      const begun = performance.now();
      const answer = answers.find((one) => isLeft(one) && fits(one, request));
      if (answer === undefined) throw new ModelFailure('rejected', 'The script has no such answer.', { isFree: true });
      await wait(answer.delay_ms ?? 0, request.signal);
      if (answer.fail !== undefined) {
        failures.set(answer, (failures.get(answer) ?? 0) + 1);
        throw failureOf(answer.fail);
      }
      return speak(answer, request, begun);
    },
  };
}

function fits({ model, purpose, nth, contains = [] }: Answer, request: ModelRequest): boolean {
  if (model !== undefined && model !== request.model) return false;
  if (purpose !== undefined && purpose !== request.purpose) return false;
  if (nth !== undefined && nth !== request.nth) return false;
  const asked = request.messages.map(({ text }) => text).join('\n');
  return contains.every((part) => asked.includes(part));
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    if (ms > 0) await pause(ms, undefined, signal === undefined ? {} : { signal });
    signal?.throwIfAborted();
  } catch {
    throw new ModelFailure('aborted', 'The question was withdrawn.');
  }
}

function failureOf({ kind, retry_after_ms }: NonNullable<Answer['fail']>): ModelFailure {
  const isFree = kind === 'limited' || kind === 'unavailable' || kind === 'unauthorized' || kind === 'rejected';
  return new ModelFailure(kind, `The script fails here: ${kind}.`, { retryAfterMs: retry_after_ms ?? null, isFree });
}

function speak(answer: Answer, request: ModelRequest, begun: number): ModelAnswer {
  const text = answer.text ?? (answer.calls === undefined ? JSON.stringify(answer.json ?? null) : '');
  const checked = checkCalls(request.tools ?? [], answer.calls ?? []);
  for (let at = 0; at < text.length; at += pieceLength) request.onText?.(text.slice(at, at + pieceLength));
  const latencyMs = Math.round(performance.now() - begun);
  const input = request.messages.reduce((sum, message) => sum + tokensIn(message.text), 0);
  const tokens = answer.counts === false ? null : { input, cached: 0, output: tokensIn(text), reasoning: 0 };
  if ('fault' in checked) throw new ModelFailure(checked.fault, checked.detail, { tokens, text });
  const { calls } = checked;
  return {
    text,
    calls,
    servedModel: request.model,
    tokens,
    finishReason: calls.length === 0 ? 'stop' : 'tool-calls',
    latencyMs,
    firstTokenMs: latencyMs,
  };
}

function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
