// The tool that lets a model try a program before it answers: run in a sandbox like everything that is not trusted.
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { RunToolUsed } from '../events/run-fact.ts';
import { useKey } from '../events/run.ts';
import type { ModelMessage, ModelTool, NamedToolCall, ToolCall } from '../models/port.ts';
import { SandboxUnavailable } from '../sandbox/chain.ts';
import type { KeptStream, SandboxFile, SandboxResult } from '../sandbox/port.ts';
import { type Asked, fact, type Question, type StepWorld } from './step.ts';

const Parameters = Type.Object(
  { code: Type.String({ minLength: 1, maxLength: 50_000, description: 'A whole program' }) },
  { additionalProperties: false },
);

const tool: ModelTool = {
  name: 'run_code',
  description:
    'Runs a program in a sandbox without network and tells how it ended and what it wrote. What there is of the code ' +
    'lies beside it and can be imported from `solution`. Use it to try what you are not sure of, then answer.',
  parameters: Parameters,
};

/** Of one answer. The calls of models that lead to them count in the limits of the run like all others. */
const mostUses = 6;
const mostShown = 4_000;
const wallMs = 10_000;
const none = 'It was not run: no further call is answered. Answer now.';

/** Asks as the world does, and where the run has the tool sees to its calls in between. `code` is what there is already. */
export function withRunCode(world: StepWorld, code: string | null): Pick<StepWorld, 'ask'> {
  if (world.run.tools?.includes('run_code') !== true) return world;
  return { ask: (question) => converse(world, { ...question, tools: [tool] }, code) };
}

async function converse(world: StepWorld, question: Question, code: string | null): Promise<Asked> {
  let messages: readonly ModelMessage[] = question.messages;
  let uses = 0;
  for (;;) {
    const asked = await world.ask({ ...question, messages });
    if ('stop' in asked || asked.calls === undefined) return asked;
    if (uses > mostUses) return { stop: 'model_error', detail: 'It called tools again and again and gave no answer.' };
    const calls: NamedToolCall[] = [];
    const results: ModelMessage[] = [];
    for (const call of asked.calls) {
      uses += 1;
      // Ids of our own: another provider may be the one that is told of them.
      const named = { ...call, id: `use_${uses}` };
      const text = uses > mostUses ? none : await use(world, question.purpose, { call, code });
      calls.push(named);
      results.push({ role: 'tool', id: named.id, name: named.name, text });
    }
    messages = [...messages, { role: 'assistant', text: asked.text, calls }, ...results];
  }
}

interface Use {
  readonly call: ToolCall;
  readonly code: string | null;
}

/** The same program is run once in a step, whoever repeats the step. */
async function use(world: StepWorld, purpose: Question['purpose'], { call, code }: Use): Promise<string> {
  const given = await world.keep(JSON.stringify(call.arguments));
  const known = world.run.uses[useKey(tool.name, given)];
  if (known !== undefined) return (await world.read(known)).toString('utf8');
  const result = await run(world, Value.Parse(Parameters, call.arguments), code);
  const text = toldOf(result);
  world.tell({ kind: 'tool', purpose, tool: tool.name, verdict: result?.verdict ?? null });
  await world.note([
    fact(RunToolUsed, {
      purpose,
      tool: 'run_code',
      arguments: given,
      result: await world.keep(text),
      tier: result?.tier ?? null,
      verdict: result?.verdict ?? null,
      run_ms: Math.round(result?.timings.runMs ?? 0),
    }),
  ]);
  return text;
}

/** Null when no sandbox is there. */
async function run(
  world: StepWorld,
  { code }: Static<typeof Parameters>,
  written: string | null,
): Promise<SandboxResult | null> {
  const { language, limits } = world.run;
  const ending = language === 'python' ? 'py' : 'mjs';
  const entry = `main.${ending}`;
  const beside: SandboxFile[] = written === null ? [] : [{ path: `solution.${ending}`, content: written }];
  const most = Math.min(limits.wall_ms, wallMs);
  try {
    return await world.execute({
      language,
      files: [{ path: entry, content: code }, ...beside],
      entry,
      limits: { wallMs: most, cpuMs: Math.max(1_000, most), memoryBytes: limits.memory_bytes, artifacts: 0 },
      signal: world.signal,
    });
  } catch (error) {
    if (error instanceof SandboxUnavailable) return null;
    throw error;
  }
}

function toldOf(result: SandboxResult | null): string {
  if (result === null || result.verdict === 'sandbox_error') return 'It could not be run here. Answer without it.';
  const { verdict, exitCode, stdout, stderr } = result;
  const ended = `It ended with ${verdict}${exitCode === null ? '' : `, exit code ${exitCode}`}.`;
  return [ended, shown('What it wrote', stdout), shown('Its error output', stderr)].filter(Boolean).join('\n\n');
}

function shown(title: string, { head, tail }: KeptStream): string {
  const text = `${head}${tail === '' ? '' : `\n…\n${tail}`}`;
  return text === '' ? '' : `${title}:\n${text.slice(-mostShown).toWellFormed()}`;
}
