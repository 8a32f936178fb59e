// A process that is JavaScript in WebAssembly and runs one program: the language alone, with `console`, files to import,
// `scriptArgs` and `stdin`, and nothing of Node.
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { type End, type Message, readMessage, sayBegin, sayEnd, write } from './child.ts';

const quickjs = await newQuickJSWASMModuleFromVariant(variant as unknown as QuickJSSyncVariant);
const message = readMessage();
if (message === null) process.exit(125);
sayBegin(message.nonce);
sayEnd(message.nonce, run(message));
process.exit(0);

function run({ order, files, stdin }: Message): End {
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(order.memoryBytes);
  runtime.setMaxStackSize(512 * 1_024);
  const texts = new Map(files.map(({ name, content }) => [name, content.toString()]));
  runtime.setModuleLoader((name) => {
    const text = texts.get(name);
    return text === undefined ? { error: new Error(`there is no file ${name}`) } : text;
  });
  const context = runtime.newContext();
  give(context, order.argv, stdin.toString());
  const failure = evaluate(context, texts.get(order.entry) ?? '', order.entry);
  if (failure === null) return { exitCode: 0, oom: false, left: [] };
  write(2, Buffer.from(`${failure}\n`));
  return { exitCode: 1, oom: failure.includes('out of memory'), left: [] };
}

function give(context: QuickJSContext, argv: readonly string[], stdin: string): void {
  const say = (descriptor: 1 | 2): QuickJSHandle =>
    context.newFunction('log', (...words) => {
      const texts = words.map((word) => textOf(context.dump(word) as unknown));
      write(descriptor, Buffer.from(`${texts.join(' ')}\n`));
    });
  const console = context.newObject();
  for (const name of ['log', 'info', 'debug']) context.setProp(console, name, say(1));
  for (const name of ['error', 'warn']) context.setProp(console, name, say(2));
  context.setProp(context.global, 'console', console);
  context.setProp(context.global, 'stdin', context.newString(stdin));
  const words = context.newArray();
  for (const [index, word] of argv.entries()) context.setProp(words, index, context.newString(word));
  context.setProp(context.global, 'scriptArgs', words);
}

/** Null when it ended well. A module may wait for itself; when nothing is left to do, it has ended or never will. */
function evaluate(context: QuickJSContext, text: string, name: string): string | null {
  const result = context.evalCode(text, name, { type: 'module' });
  if (result.error !== undefined) return describe(context, result.error);
  const jobs = context.runtime.executePendingJobs();
  if (jobs.error !== undefined) return describe(context, jobs.error);
  const state = context.getPromiseState(result.value);
  if (state.type === 'rejected') return describe(context, state.error);
  return state.type === 'pending' ? 'the program waits for what never comes' : null;
}

function describe(context: QuickJSContext, error: QuickJSHandle): string {
  const dumped = context.dump(error) as { name?: string; message?: string; stack?: string } | string | null;
  if (typeof dumped !== 'object' || dumped === null) return textOf(dumped);
  return `${dumped.name ?? 'Error'}: ${dumped.message ?? ''}\n${dumped.stack ?? ''}`.trim();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
