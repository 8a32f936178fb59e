// Answers that show a capability. Whoever sends an Idempotency-Key may ask for one again, so it is kept, and a token is never
// kept in the clear.
import { openSealed, type SealPlace, sealText } from '../kernel/seal.ts';
import type { CommandDefinition } from '../kernel/command.ts';
import type { CapabilityAct } from '../events/story-custody.ts';
import type { Result } from '../sql/lane.ts';
import type { Answer, Call } from './call.ts';
import { perform, performPart } from './perform.ts';
import { type CapabilityView, showCustody } from './story-reply.ts';

interface CustodyAct<Command> {
  readonly definition: CommandDefinition<Command>;
  readonly command: Command;
  /** The capability that the answer shows to its caller. */
  readonly shows: CapabilityAct | null;
}

export async function performCustody<Command>(call: Call, act: CustodyAct<Command>): Promise<Answer> {
  const answer = await perform(call, { ...act, render: renderOf(call, act) });
  return { ...answer, body: reveal(call, act, answer.body) };
}

/** The same as one of several commands of a request. */
export async function performCustodyPart<Command>(call: Call, act: CustodyAct<Command>, part: string): Promise<Result> {
  const result = await performPart(call, { ...act, render: renderOf(call, act) }, part);
  return { ...result, body: reveal(call, act, result.body) };
}

function isKept(call: Call): boolean {
  return call.header('idempotency-key') !== undefined;
}

function renderOf<Command>(call: Call, { shows }: CustodyAct<Command>) {
  const { publicUrl } = call.api.options;
  if (shows === null || !isKept(call)) return showCustody(publicUrl, shows);
  return showCustody(publicUrl, shows, (storyId, token) => sealText(placeOf(call, storyId), token));
}

interface Reply {
  readonly id: string;
  readonly capabilities: readonly CapabilityView[];
}

/** One that does not open any more is left out: its holder collects a fresh one. */
function reveal<Command>(call: Call, { shows }: CustodyAct<Command>, body: string): string {
  if (shows === null || !isKept(call)) return body;
  const reply = JSON.parse(body) as Reply;
  const capabilities = reply.capabilities.flatMap((one) => {
    const token = openSealed(placeOf(call, reply.id), one.token);
    return token === null ? [] : [{ ...one, token }];
  });
  return JSON.stringify({ ...reply, capabilities });
}

function placeOf(call: Call, storyId: string): SealPlace {
  const { masterKey } = call.api.options;
  return { masterKey, tenantId: call.tenantId, purpose: 'idempotent-capability', about: storyId };
}
