// Calls of tools as a model said them, held against what it was offered. What it made up is told from what it got wrong.
import { Value } from 'typebox/value';
import type { JsonObject } from '../kernel/event.ts';
import type { ModelFailureKind, ModelTool, ToolCall } from './port.ts';

/** Of which nothing is known yet. */
export interface SaidCall {
  readonly name: string;
  readonly arguments: unknown;
}

type Checked =
  | { readonly calls: readonly ToolCall[] }
  | { readonly fault: Extract<ModelFailureKind, `tool_${string}`>; readonly detail: string };

/** In one answer. */
const mostCalls = 4;
const longestArguments = 100_000;

export function checkCalls(tools: readonly ModelTool[], said: readonly SaidCall[]): Checked {
  if (said.length > mostCalls) {
    return { fault: 'tool_invalid', detail: `It called ${said.length} tools at once, more than ${mostCalls}.` };
  }
  const calls: ToolCall[] = [];
  for (const { name, arguments: given } of said) {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) return { fault: 'tool_unknown', detail: 'It called a tool that was not offered.' };
    if (!isOfShape(tool, given)) return { fault: 'tool_invalid', detail: `It called ${name} with other arguments.` };
    calls.push({ name, arguments: given });
  }
  return { calls };
}

function isOfShape({ parameters }: ModelTool, given: unknown): given is JsonObject {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  return JSON.stringify(given).length <= longestArguments && Value.Check(parameters, given);
}
