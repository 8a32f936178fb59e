// The loop that the demo shows: a story is done, its workers try to cheat, and others review and verify it.
import { canonicalJson } from '../kernel/canonical.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Cheats, Tell } from './demo-cheat.ts';
import { done, type Heard, type Say } from './demo-client.ts';

/** Whoever was sent on a dispatch, and its key. */
export interface Hand {
  readonly id: string;
  readonly secret: string;
}

export interface Crew {
  /** Root. The builder is sent by the planner, the helper by the builder: one actor. */
  readonly planner: Hand;
  readonly builder: Hand;
  readonly helper: Hand;
  /** Roots of their own. */
  readonly reviewer: Hand;
  readonly auditor: Hand;
}

export interface DemoStory {
  readonly id: string;
  readonly title: string;
  readonly criteria: readonly { readonly text: string; readonly binding: string | null }[];
  readonly agent_status: string;
  readonly verified_status: string;
  readonly verified_method: string | null;
}

interface Reply extends DemoStory {
  readonly capabilities: readonly { readonly token: string }[];
}

export interface Stage {
  readonly say: Say;
  readonly tell: Tell;
  readonly cheats: Cheats;
}

/** Acts on one story, and tells of them. */
export class DemoLoop {
  private readonly stage: Stage;
  private readonly crew: Crew;
  private readonly story: DemoStory;

  constructor(stage: Stage, crew: Crew, story: DemoStory) {
    this.stage = stage;
    this.crew = crew;
    this.story = story;
  }

  async run(): Promise<void> {
    await this.work();
    await this.cheatOnReport();
    await this.cheatOnCapability();
    await this.review();
    await this.cheatOnVerification();
    await this.verify();
  }

  private tell(line: string): void {
    this.stage.tell(line);
  }

  private act(by: Hand, act: string, body: object = {}, capability?: string): Promise<Heard> {
    const headers: Record<string, string> = capability === undefined ? {} : { 'loopledger-capability': capability };
    return this.stage.say('POST', `/api/v1/stories/${this.story.id}/${act}`, { key: by.secret, body, headers });
  }

  private async collect(by: Hand, act: string): Promise<string> {
    const { capabilities } = await done<Reply>(this.act(by, 'capabilities', { act }));
    const [first] = capabilities;
    if (first === undefined) throw new Error(`No capability for ${act} was granted.`);
    return first.token;
  }

  private async work(): Promise<void> {
    const { title, criteria } = this.story;
    const { builder } = this.crew;
    const criteria_hash = digestOf(canonicalJson(criteria.map(({ text, binding }) => ({ text, binding }))));
    this.tell(`\nThe builder takes on the story "${title}".`);
    await done(this.act(builder, 'contract', { title, criteria_count: criteria.length, criteria_hash }));
    this.tell(`  ✓ contract: it echoes the title, and the ${criteria.length} criteria by their hash`);
    const claimed = await done<Reply>(this.act(builder, 'claim'));
    this.tell('  ✓ claim: it holds the story for 30 minutes, and a capability to start, good once');
    await done(this.act(builder, 'start', {}, claimed.capabilities[0]?.token));
    this.tell('  ✓ start: the capability is used up in the same commit');
    const signals = { tool_calls: 64, tokens: 41_000, tests_run: 12, seconds: 1_800 };
    await done(this.act(builder, 'request-review', { commit: '1f0e2d3c4b5a69788796a5b4c3d2e1f000112233', signals }));
    this.tell('  ✓ request-review: it names its commit, and a draw picks the reviewer');
  }

  private async cheatOnReport(): Promise<void> {
    const { builder, helper } = this.crew;
    const findings = { findings: 0, fixes: 0, disproved: 0 };
    this.tell('\nThe builder would like to be done.');
    await this.stage.cheats.attempt(
      'It reports its own work as done.',
      'self_report_blocked',
      this.act(builder, 'report'),
    );
    await this.stage.cheats.attempt(
      'Its sub-agent reports it: another agent, another key, same lineage.',
      'self_report_blocked',
      this.act(helper, 'report'),
    );
    await this.stage.cheats.attempt(
      'It completes the review of its own work.',
      'self_review_blocked',
      this.act(builder, 'review-complete', findings),
    );
  }

  private async cheatOnCapability(): Promise<void> {
    const { reviewer } = this.crew;
    this.tell('\nThe reviewer, from a root of its own, was drawn to report and to review.');
    const stale = await this.collect(reviewer, 'report');
    const good = await this.collect(reviewer, 'report');
    await this.stage.cheats.attempt(
      'The reviewer shows a capability that was replaced.',
      'capability_replayed',
      this.act(reviewer, 'report', {}, stale),
    );
    await done(this.act(reviewer, 'report', {}, good));
    this.tell('  ✓ report: with the capability that was granted to it alone');
  }

  private async review(): Promise<void> {
    const { reviewer } = this.crew;
    const body = { findings: 2, fixes: 1, disproved: 1 };
    await done(this.act(reviewer, 'review-complete', body, await this.collect(reviewer, 'review')));
    this.tell('  ✓ review-complete: 2 findings, 1 fixed, 1 disproved; a draw picks the verifier');
  }

  private async cheatOnVerification(): Promise<void> {
    const { planner, auditor } = this.crew;
    const body = { result: 'pass', evidence: 'It looks good' };
    this.tell('\nThe planner, who sent the builder, would like to see it verified.');
    await this.stage.cheats.attempt(
      'It verifies the work of its own sub-agent.',
      'self_verify_blocked',
      this.act(planner, 'verify', body),
    );
    const token = await this.collect(auditor, 'verify');
    const [head = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly exp: number };
    const longer = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 86_400 })).toString('base64url');
    await this.stage.cheats.attempt(
      'The verifier shows a capability that somebody made good for a day longer.',
      'capability_signature',
      this.act(auditor, 'verify', body, [head, longer, signature].join('.')),
    );
  }

  private async verify(): Promise<void> {
    const { auditor } = this.crew;
    const body = { result: 'pass', evidence: 'Checked out the commit and ran the tests: 212 passed' };
    const verified = await done<Reply>(this.act(auditor, 'verify', body, await this.collect(auditor, 'verify')));
    if (verified.verified_status !== 'verified') throw new Error(`The story is ${verified.verified_status}.`);
    this.tell('\nThe auditor, from a third root, was drawn to verify.');
    this.tell(`  ✓ verify: the story is verified, by the method "${verified.verified_method ?? ''}"`);
  }
}
