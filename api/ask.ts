// Questions that rules answer: decided like a command, at the head of the log, and nothing is written.
import type { CommandDefinition, World } from '../kernel/command.ts';
import { newId } from '../kernel/id.ts';
import type { Answer, Call } from './call.ts';

/** Asking is not bound to the story of a dispatch; what may be done about another one is for the rules to say. */
function question(answer: (world: World) => string): CommandDefinition<null> {
  return {
    name: 'Ask',
    subject: () => ({ type: 'dispatch', id: newId() }),
    authorize: () => undefined,
    decide: (_command, world) => ({ events: [], report: answer(world) }),
  };
}

/** `answer` makes JSON of the world; it may be called any number of times. The door has judged the role. */
export async function answerFromLedger(call: Call, answer: (world: World) => string): Promise<Answer> {
  const { api, tenantId, actor, requestId } = call;
  const { body, position } = await api.ledger.execute({
    tenantId,
    actor,
    definition: question(answer),
    command: null,
    correlationId: requestId,
    idempotency: { key: newId(), requestHash: Buffer.alloc(32), supplied: false },
    expectedVersion: null,
    render: ({ report }) => ({ status: 200, body: report as string }),
  });
  return { status: 200, body, headers: ['loopledger-position', String(position)] };
}

export async function askLedger<Result>(call: Call, answer: (world: World) => Result): Promise<Result> {
  const { body } = await answerFromLedger(call, (world) => JSON.stringify(answer(world)));
  return JSON.parse(body) as Result;
}
