// Acts of custody on many stories at once: the same commands as one by one, each with an outcome of its own.
import { type Static, type TProperties, Type } from 'typebox';
import type { CommandDefinition } from '../kernel/command.ts';
import { Id } from '../kernel/shape.ts';
import { ClaimBody, claimStory } from '../commands/story-claim.ts';
import { collectCapability, RejectBody, rejectStory, VerifyBody, verifyStory } from '../commands/story-review.ts';
import type { CapabilityAct } from '../events/story-custody.ts';
import { ownDispatch } from '../policies/dispatch.ts';
import { epicOf } from '../policies/epic.ts';
import { requireRunning } from '../policies/halt.ts';
import { requireRole } from '../policies/role.ts';
import { type CustodyAct, custodyRules } from '../policies/story-custody.ts';
import { listAwaitedVerdicts } from '../projections/story-verdict.ts';
import type { Answer, Call } from './call.ts';
import { EpicPath } from './epic.ts';
import { type Item, maxItems, Outcomes, runItems, showOutcomes } from './outcome.ts';
import { performAside, requireWriteHeaders } from './perform.ts';
import { type Route, route } from './route.ts';
import { everyParty, replyExample } from './story-custody.ts';
import { performCustodyPart } from './sealed-capability.ts';
import { showToken } from './story-reply.ts';
import { storyExample } from './story.ts';

const closed = { additionalProperties: false } as const;
const tags = ['custody'] as const;
const BulkReply = Type.Object({ data: Outcomes }, closed);

const Token = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: '^[!-~]+$',
  description: 'The capability that the act uses up; missing, the problem says what it is',
});

function itemsOf<Members extends TProperties>(members: Members) {
  const item = Type.Object({ story_id: Id, ...members }, closed);
  return Type.Object({ items: Type.Array(item, { minItems: 1, maxItems }) }, closed);
}

const outcomeExample = { story_id: storyExample.id, status: 200, reply: replyExample, problem: null };

interface ItemCommand {
  readonly story_id: string;
  readonly capability?: string | null;
}

interface BulkParts<Members extends TProperties, Command> {
  readonly act: CustodyAct;
  readonly operation: string;
  readonly summary: string;
  readonly members: Members;
  readonly example: object;
  readonly definition: CommandDefinition<Command>;
  /** The capability that a reply shows to its caller. */
  readonly shows?: CapabilityAct;
}

const description =
  'Every item is decided as if it came alone, counts as a request, and has its own outcome: what one is refused with stops ' +
  'no other. An Idempotency-Key holds for each item at its place. The answer is a problem only when nothing can be done ' +
  'at present for any of them.';

function bulkRoute<Members extends TProperties, Command extends ItemCommand>(
  parts: BulkParts<Members, Command>,
): Route {
  const { act, operation, summary, definition, shows = null } = parts;
  return route({
    method: 'POST',
    url: `/api/v1/stories/bulk-${act}`,
    operation,
    summary,
    description,
    tags,
    role: custodyRules[act].role,
    body: itemsOf(parts.members),
    bodyLimitBytes: 2 << 20,
    status: 200,
    response: BulkReply,
    codes: ['tenant_halted', 'tenant_not_found'],
    examples: {
      body: { items: [{ story_id: storyExample.id, ...parts.example }] },
      response: { data: [outcomeExample] },
    },
    async handler(call) {
      const commands = call.body.items as unknown as readonly Command[];
      const items = commands.map((told, place): Item => {
        const command = { ...told, capability: told.capability ?? null };
        return {
          storyId: told.story_id,
          run: () => performCustodyPart(call, { definition, command, shows }, String(place)),
        };
      });
      return showOutcomes(call, items, await runItems(call, items));
    },
  });
}

interface NamesEpic {
  readonly epic_id: string;
}

/** Whether there is anything to verify for this caller is asked at the head of the log, and nothing is written. */
const askVerifyAll: CommandDefinition<NamesEpic> = {
  name: 'AskVerifyAll',
  subject: ({ epic_id }) => ({ type: 'epic', id: epic_id }),
  authorize: (_command, { actor }) => requireRole(custodyRules.verify.role, actor),
  decide({ epic_id }, world) {
    requireRunning(world);
    epicOf(world, epic_id);
    ownDispatch(world);
    return [];
  },
};

type VerifyAllCall = Call<NamesEpic, unknown, Static<typeof VerifyBody>>;

/** A capability is collected for each story, as its holder may at any time, and used up at once. */
async function verifyAwaited(call: VerifyAllCall, story_id: string) {
  const capability = await performAside(call, {
    definition: collectCapability,
    command: { story_id, act: 'verify' },
    render: showToken('verify'),
  });
  const command = { ...call.body, story_id, capability: capability.body };
  return performCustodyPart(call, { definition: verifyStory, command, shows: null }, story_id);
}

async function verifyAll(call: VerifyAllCall): Promise<Answer> {
  const { api, tenantId, actor, params } = call;
  requireWriteHeaders(call);
  const render = () => ({ status: 200, body: '' });
  const asked = await performAside(call, { definition: askVerifyAll, command: params, render });
  const dispatchId = actor.lineage.at(-1) as string;
  const wanted = { tenantId, epicId: params.epic_id, dispatchId, limit: maxItems + 1 };
  const awaited = await listAwaitedVerdicts(api.database, wanted);
  const items = awaited.slice(0, maxItems).map((storyId): Item => {
    return { storyId, run: () => verifyAwaited(call, storyId) };
  });
  const outcomes = await runItems(call, items);
  const answer = showOutcomes(call, items, outcomes, `,"more":${awaited.length > maxItems}`);
  const isKnown = answer.headers?.includes('loopledger-position') === true;
  return isKnown ? answer : { ...answer, headers: ['loopledger-position', String(asked.position)] };
}

const verifyAllRoute = route({
  method: 'POST',
  url: '/api/v1/epics/:epic_id/verify-all',
  operation: 'verifyEpicStories',
  summary: 'Verify the stories of an epic that wait for you',
  description:
    `Those for which this caller was drawn as the verifier, in the order of their numbers and at most ${maxItems} in one ` +
    'call; with `more`, call again. A capability is collected and used up for each. Every story is decided as if it were ' +
    'verified alone, counts as a request, and has its own outcome.',
  tags,
  role: custodyRules.verify.role,
  params: EpicPath,
  body: VerifyBody,
  status: 200,
  response: Type.Object({ data: Outcomes, more: Type.Boolean() }, closed),
  codes: [...everyParty, 'epic_not_found', 'tenant_halted', 'tenant_not_found'],
  examples: {
    params: { epic_id: storyExample.epic_id },
    body: { result: 'pass', evidence: 'Ran the tests at each commit: all passed' },
    response: { data: [outcomeExample], more: false },
  },
  handler: verifyAll,
});

export const storyBulkRoutes: readonly Route[] = [
  bulkRoute({
    act: 'claim',
    operation: 'bulkClaimStories',
    summary: 'Claim several contracted stories',
    members: ClaimBody.properties,
    example: { lease_seconds: 1_800 },
    definition: claimStory,
    shows: 'start',
  }),
  bulkRoute({
    act: 'verify',
    operation: 'bulkVerifyStories',
    summary: 'Verify several stories, as whoever was drawn to',
    members: { ...VerifyBody.properties, capability: Type.Optional(Token) },
    example: { result: 'pass', evidence: 'Ran the tests at the commit: 212 passed' },
    definition: verifyStory,
  }),
  bulkRoute({
    act: 'reject',
    operation: 'bulkRejectStories',
    summary: 'Reject what was handed in of several stories; they are pending again',
    members: RejectBody.properties,
    example: { reason: 'The second criterion does not hold on an empty list' },
    definition: rejectStory,
  }),
  verifyAllRoute,
];
