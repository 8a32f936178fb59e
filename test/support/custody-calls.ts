// The calls of custody on one story, made as somebody honest makes them: which of them succeed is found by trying each.
import {
  addArtifact,
  claimStory,
  contractStory,
  criteriaHash,
  forceUnclaimStory,
  heartbeatStory,
  startStory,
  unclaimStory,
} from '../../commands/story-claim.ts';
import {
  backfillStory,
  collectCapability,
  completeReview,
  drawJudge,
  rejectStory,
  reportStory,
  requestReview,
  verifyStory,
} from '../../commands/story-review.ts';
import type { Story } from '../../events/story.ts';
import { storyStream } from '../../events/story.ts';
import { CapabilityAct } from '../../events/story-custody.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import { lineageHash } from '../../kernel/lineage.ts';
import { claimsOf } from '../../policies/capability.ts';
import type { CustodyAct } from '../../policies/story-custody.ts';
import { isCheckedByMachine } from '../../policies/verification.ts';
import { tenantId } from './given.ts';
import { wholeCommit } from './verification.ts';
import type { MemoryLedger } from './memory-ledger.ts';

interface Custodial {
  readonly definition: CommandDefinition<never>;
  /** What an honest caller says beside the story and the capability. */
  say(story: Story): object;
  /** The capability that may be asked for. */
  readonly uses?: CapabilityAct;
}

function custodial<Command>(
  definition: CommandDefinition<Command>,
  say: (story: Story) => object,
  uses?: CapabilityAct,
): Custodial {
  return { definition, say, ...(uses === undefined ? {} : { uses }) };
}

const reason = (): object => ({ reason: 'It does not hold' });
const nothing = (): object => ({});

export const custodyCalls: Readonly<Record<CustodyAct, Custodial>> = {
  contract: custodial(contractStory, ({ title, criteria }) => ({
    title,
    criteria_count: criteria.length,
    criteria_hash: criteriaHash(criteria),
  })),
  claim: custodial(claimStory, nothing),
  start: custodial(startStory, nothing, 'start'),
  heartbeat: custodial(heartbeatStory, nothing),
  unclaim: custodial(unclaimStory, nothing),
  add_artifact: custodial(addArtifact, () => ({ artifact: { name: 'Log', url: 'https://example.com/log' } })),
  request_review: custodial(requestReview, () => ({ commit: wholeCommit })),
  report: custodial(reportStory, nothing, 'report'),
  review_complete: custodial(completeReview, () => ({ findings: 1, fixes: 1, disproved: 0 }), 'review'),
  verify: custodial(
    verifyStory,
    (story) => ({ result: 'pass', evidence: 'All tests passed', attestations: attestationsOf(story) }),
    'verify',
  ),
  reject: custodial(rejectStory, reason),
  force_unclaim: custodial(forceUnclaimStory, reason),
  backfill: custodial(backfillStory, () => ({ reason: 'Done before', evidence_url: 'https://example.com/1' })),
  draw: custodial(drawJudge, nothing),
};

/** One on each criterion that no machine checks, which is more than is read where nothing is run. */
function attestationsOf({ criteria }: Story): object[] {
  return criteria.flatMap(({ binding }, at) =>
    isCheckedByMachine(binding) ? [] : [{ criterion: at + 1, note: 'So' }],
  );
}

const calls = Object.entries(custodyCalls);

/** The token of the caller's own open grant. */
export function tokenOf(ledger: MemoryLedger, actor: Actor, storyId: string, act: CapabilityAct): string | null {
  const open = ledger.find(storyStream, storyId)?.state.capabilities.open ?? [];
  const mine = open.find((grant) => grant.act === act && grant.lineage_hash === lineageHash(actor.lineage));
  return mine === undefined ? null : ledger.world(actor).capability(claimsOf(tenantId, storyId, mine)).token;
}

/** `verify:verify` is verifying with a capability, `claim:` claiming without one, `collect:verify` collecting it. */
export function successfulCalls(ledger: MemoryLedger, actor: Actor, storyId: string): string[] {
  const story = ledger.find(storyStream, storyId)?.state;
  if (story === undefined) return [];
  const accepts = ledger.trier(actor);
  const found: string[] = [];
  const collecting = new Map<CapabilityAct, MemoryLedger>();
  for (const act of CapabilityAct.enum) {
    const command = { story_id: storyId, act };
    if (!accepts(collectCapability, command)) continue;
    const after = ledger.copy();
    after.execute(actor, collectCapability, command);
    collecting.set(act, after);
    found.push(`collect_capability:${act}`);
  }
  for (const [act, { definition, say, uses }] of calls) {
    const command = { ...say(story), story_id: storyId, capability: null };
    if (accepts(definition, command)) found.push(`${act}:`);
    const holding = uses === undefined ? undefined : collecting.get(uses);
    if (holding === undefined) continue;
    const capability = tokenOf(holding, actor, storyId, uses as CapabilityAct);
    if (holding.trier(actor)(definition, { ...command, capability })) found.push(`${act}:${uses}`);
  }
  return found;
}
