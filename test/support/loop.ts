// The life of a story on a real ledger, act by act, by dispatches of different roots.
import { claimStory, contractStory, criteriaHash, heartbeatStory, startStory } from '../../commands/story-claim.ts';
import {
  collectCapability,
  completeReview,
  drawJudge,
  reportStory,
  requestReview,
  verifyStory,
} from '../../commands/story-review.ts';
import { showCustody } from '../../api/story-reply.ts';
import type { CapabilityAct } from '../../events/story-custody.ts';
import type { Custody } from '../../events/story-custody-shape.ts';
import type { Signals } from '../../events/story-custody-signal.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { CommandDefinition } from '../../kernel/command.ts';
import type { Ledger } from '../../sql/ledger.ts';
import { mintRoot, type RootWish } from './dispatch.ts';
import { keyActor, request } from './ledger.ts';

interface Shown {
  readonly title: string;
  readonly criteria: readonly { readonly text: string; readonly binding: string | null }[];
  readonly agent_status: string;
  readonly verified_status: string;
  readonly custody: Custody | null;
  readonly capabilities: readonly { readonly token: string }[];
}

const asUsual: Signals = { tool_calls: 60, tokens: 40_000, tests_run: 12, seconds: 1_800 };

export class Loop {
  private readonly ledger: Ledger;
  readonly tenantId: string;

  constructor(ledger: Ledger, tenantId: string) {
    this.ledger = ledger;
    this.tenantId = tenantId;
  }

  /** Somebody new, from a root of its own. */
  async send(role: RootWish['role']): Promise<Actor> {
    const { dispatchId, agentId, keyId } = await mintRoot(this.ledger, { tenantId: this.tenantId, role });
    return { kind: 'key', key_id: keyId, agent_id: agentId, role, lineage: [dispatchId] };
  }

  async act<Command>(
    actor: Actor,
    definition: CommandDefinition<Command>,
    command: Command,
    shows: CapabilityAct | null = null,
  ): Promise<Shown> {
    const asked = request(this.tenantId, definition, command, { actor });
    const { body } = await this.ledger.execute({ ...asked, render: showCustody('http://localhost', shows) });
    return JSON.parse(body) as Shown;
  }

  async collect(actor: Actor, story_id: string, act: CapabilityAct): Promise<string> {
    const { capabilities } = await this.act(actor, collectCapability, { story_id, act }, act);
    return capabilities[0]?.token ?? '';
  }

  /** Contracted, claimed and begun by that agent. */
  async takeOn(
    worker: Actor,
    story: { readonly story_id: string; readonly title: string; readonly criteria?: Shown['criteria'] },
  ): Promise<void> {
    const { story_id, title, criteria = [] } = story;
    const echo = { story_id, title, criteria_count: criteria.length, criteria_hash: criteriaHash([...criteria]) };
    await this.act(worker, contractStory, echo);
    await this.act(worker, claimStory, { story_id }, 'start');
    const capability = await this.collect(worker, story_id, 'start');
    await this.act(worker, startStory, { story_id, capability });
    await this.act(worker, heartbeatStory, { story_id, note: 'on it' });
  }

  /** Honest work says what it took. */
  async handIn(
    worker: Actor,
    story_id: string,
    { commit = '1f0e2d3c4b5a', signals = asUsual }: { readonly commit?: string; readonly signals?: Signals } = {},
  ): Promise<void> {
    await this.act(worker, requestReview, { story_id, commit, signals });
  }

  async review(reviewer: Actor, story_id: string): Promise<void> {
    const report = await this.collect(reviewer, story_id, 'report');
    await this.act(reviewer, reportStory, { story_id, capability: report });
    await this.completeReview(reviewer, story_id);
  }

  /** Without a report: also the second review. */
  async completeReview(reviewer: Actor, story_id: string): Promise<void> {
    const capability = await this.collect(reviewer, story_id, 'review');
    await this.act(reviewer, completeReview, { story_id, findings: 0, fixes: 0, disproved: 0, capability });
  }

  /** For a story that waits for somebody. */
  async draw(story_id: string): Promise<void> {
    await this.act(keyActor('user'), drawJudge, { story_id });
  }

  async verify(verifier: Actor, story_id: string): Promise<Shown> {
    const capability = await this.collect(verifier, story_id, 'verify');
    return this.act(verifier, verifyStory, { story_id, result: 'pass', evidence: 'seen', capability });
  }
}
