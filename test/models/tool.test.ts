import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { Type } from 'typebox';
import type { ModelMessage } from '../../models/port.ts';
import { openProvider } from '../../models/provider.ts';
import { openScripted } from '../../models/scripted.ts';
import { checkCalls } from '../../models/tool.ts';
import { failureBy, providersOf, questionOf, startModelServer } from '../support/model-server.ts';

const usage = { prompt_tokens: 11, completion_tokens: 7, input_tokens: 11, output_tokens: 7 };
const tools = [
  {
    name: 'run_code',
    description: 'Runs a program.',
    parameters: Type.Object({ code: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  },
];
const called = (text: string, name = 'run_code') => ({ toolCalls: [{ name, arguments: text }], usage });

test('a tool is called, and its result leads to the answer', async (t) => {
  const server = await startModelServer(t);
  server.on({ userMessage: 'try', hasToolResult: false }, called('{"code":"print(1)"}'));
  server.on({ toolResultContains: 'it wrote 1' }, { content: 'one', usage });
  for (const { kind, provider } of providersOf(server)) {
    server.clearRequests();
    const question = questionOf('try', { tools });
    const first = await provider.ask(question);
    t.same(first.calls, [{ name: 'run_code', arguments: { code: 'print(1)' } }], kind);
    t.match(first, { text: '', tokens: { input: 11, output: 7 } }, kind);
    const messages: readonly ModelMessage[] = [
      ...question.messages,
      { role: 'assistant', text: first.text, calls: first.calls.map((call) => ({ ...call, id: 'use_1' })) },
      { role: 'tool', id: 'use_1', name: 'run_code', text: 'it wrote 1' },
    ];
    const second = await provider.ask({ ...question, messages });
    t.match(second, { text: 'one', calls: [] }, kind);
    const [asked, again] = server.getRequests().map(({ body }) => JSON.stringify(body));
    t.match(asked, '"additionalProperties":false', `${kind} is told of the arguments`);
    t.match(again, 'use_1', `${kind} is told which call a result is of`);
  }
});

test('a tool that was not offered, and one that is called wrongly, are different failures', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('unknown', called('{}', 'delete_all'));
  server.onMessage('shape', called('{"code":7}'));
  server.onMessage('more', called('{"code":"x","path":"/etc/passwd"}'));
  server.onMessage('broken', called('{"code":'));
  server.onMessage('many', {
    toolCalls: Array.from({ length: 5 }, () => ({ name: 'run_code', arguments: '{"code":"x"}' })),
    usage,
  });
  const table = {
    unknown: 'tool_unknown',
    shape: 'tool_invalid',
    more: 'tool_invalid',
    broken: 'tool_invalid',
    many: 'tool_invalid',
  };
  for (const { kind, provider } of providersOf(server)) {
    for (const [say, expected] of Object.entries(table)) {
      const failure = await failureBy(() => provider.ask(questionOf(say, { tools })));
      t.match(failure, { kind: expected, isFree: false, tokens: { input: 11 } }, `${kind} ${say}`);
    }
    const unasked = await failureBy(() => provider.ask(questionOf('unknown')));
    t.equal(unasked.kind, 'tool_unknown', `${kind} calls one though there are none`);
  }
});

test('words beside a call are kept', async (t) => {
  const server = await startModelServer(t);
  server.onMessage('try', { content: 'Let me see.', ...called('{"code":"print(1)"}') });
  for (const { kind, provider } of providersOf(server)) {
    const answer = await provider.ask(questionOf('try', { tools }));
    t.match(answer, { text: 'Let me see.', calls: [{ arguments: { code: 'print(1)' } }] }, kind);
  }
});

test('an answer of a given shape may be led up to by a tool', async (t) => {
  const server = await startModelServer(t);
  const shape = { name: 'thing', schema: Type.Object({ a: Type.Integer() }, { additionalProperties: false }) };
  server.onMessage('try', called('{"code":"print(1)"}'));
  server.onMessage('say', { content: '{"a":1}', usage });
  for (const { kind, provider } of providersOf(server)) {
    t.equal((await provider.ask(questionOf('try', { tools, shape }))).calls.length, 1, kind);
    t.match(await provider.ask(questionOf('say', { tools, shape })), { calls: [], text: '{"a":1}' }, kind);
  }
});

test('a call that breaks off in the middle is truncated, and no call', async (t) => {
  const server = await startModelServer(t);
  const long = called(JSON.stringify({ code: 'x = 1\n'.repeat(50) }));
  server.on({ userMessage: 'break' }, long, { chunkSize: 5, truncateAfterChunks: 4, latency: 5 });
  for (const { kind, provider } of providersOf(server)) {
    const failure = await failureBy(() => provider.ask(questionOf('break', { tools })));
    t.match(failure, { kind: 'truncated', isFree: false }, kind);
  }
});

/** The mock knows no incomplete answer of the Responses API, so these are the events as OpenAI documents them. */
function incomplete(reason: string): string {
  const response = { id: 'r1', created_at: 1, model: 'm-1-2026', service_tier: null };
  const usageTold = { input_tokens: 11, output_tokens: 7, total_tokens: 18 };
  const events = [
    { type: 'response.created', response },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'i1' } },
    { type: 'response.output_text.delta', item_id: 'i1', output_index: 0, content_index: 0, delta: 'def f(' },
    {
      type: 'response.incomplete',
      response: { ...response, status: 'incomplete', incomplete_details: { reason }, usage: usageTold },
    },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

test('an answer of the Responses API that is not complete is truncated, or not answered', async (t) => {
  let reason = 'max_output_tokens';
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(incomplete(reason));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const provider = openProvider({ kind: 'openai', baseUrl, secret: 'sk-secret', fetch });
  const cut = await failureBy(() => provider.ask(questionOf('hello')));
  t.match(cut, { kind: 'truncated', isFree: false, tokens: { input: 11, output: 7 }, text: 'def f(' });
  t.match(cut.message, 'longer than was allowed');
  reason = 'content_filter';
  t.equal((await failureBy(() => provider.ask(questionOf('hello')))).kind, 'refused');
});

test('arguments are an object of their shape and not too long', (t) => {
  const code = 'x'.repeat(100_001);
  for (const given of [null, 'text', ['code'], { code: '' }, { code }]) {
    t.match(checkCalls(tools, [{ name: 'run_code', arguments: given }]), { fault: 'tool_invalid' });
  }
  t.match(checkCalls(tools, [{ name: 'run_code', arguments: { code: 'x' } }]), { calls: [{ name: 'run_code' }] });
  t.end();
});

test('a script calls tools too, and no others than it was offered', async (t) => {
  const provider = openScripted({
    answers: [
      { contains: ['it wrote 1'], text: 'one' },
      { contains: ['try'], calls: [{ name: 'run_code', arguments: { code: 'print(1)' } }] },
      { contains: ['wrong'], calls: [{ name: 'run_code', arguments: [] }] },
    ],
  });
  t.match(await provider.ask(questionOf('try', { tools })), { text: '', calls: [{ name: 'run_code' }] });
  t.equal((await failureBy(() => provider.ask(questionOf('try')))).kind, 'tool_unknown');
  t.equal((await failureBy(() => provider.ask(questionOf('wrong', { tools })))).kind, 'tool_invalid');
});
