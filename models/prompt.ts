// A question in the words of the AI SDK.
import { jsonSchema, type ModelMessage as SdkMessage, type ToolSet } from 'ai';
import type { ModelMessage, ModelRequest } from './port.ts';

export function promptOf({ messages }: ModelRequest) {
  const system = messages.filter(({ role }) => role === 'system').map(({ text }) => text);
  const said = messages.flatMap((message) => (message.role === 'system' ? [] : [saidOf(message)]));
  return { ...(system.length === 0 ? {} : { instructions: system.join('\n\n') }), messages: said };
}

function saidOf(message: Exclude<ModelMessage, { role: 'system' }>): SdkMessage {
  if (message.role === 'tool') {
    const { id: toolCallId, name: toolName, text: value } = message;
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output: { type: 'text', value } }] };
  }
  const { role, text } = message;
  if (message.role !== 'assistant' || message.calls === undefined) return { role, content: text };
  const told = text === '' ? [] : [{ type: 'text', text } as const];
  const calls = message.calls.map(
    ({ id: toolCallId, name: toolName, arguments: input }) =>
      ({ type: 'tool-call', toolCallId, toolName, input }) as const,
  );
  return { role: 'assistant', content: [...told, ...calls] };
}

/** Without anything to do for the SDK: calls are told, and whoever asked sees to them. */
export function toolsOf({ tools = [] }: ModelRequest) {
  const offered: ToolSet = {};
  for (const { name, description, parameters } of tools) {
    offered[name] = { description, inputSchema: jsonSchema(parameters) };
  }
  return tools.length === 0 ? {} : { tools: offered };
}
