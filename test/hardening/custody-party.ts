// A tenant that has done every act of custody, with a mark in every text that such an act keeps.
import { criteriaHash } from '../../commands/story-claim.ts';
import type { Line } from './exchange.ts';
import { learn, newMark, type Party } from './party.ts';

type Json = Record<string, unknown>;

interface Told {
  readonly key: string;
  readonly operation: string;
  readonly path: string;
  readonly body: Json;
  readonly capability?: string;
}

/** Before anybody else is sent, so that draws have no choice. */
export async function seedCustody(line: Line, party: Party): Promise<void> {
  const tenant = new CustodyParty(line, party);
  const epic = await tenant.plan();
  const [first, second, third, fourth] = [
    await tenant.add(epic),
    await tenant.add(epic),
    await tenant.add(epic),
    await tenant.add(epic),
  ];
  for (const story of [first, third, fourth]) await tenant.bringToVerdict(story);
  await tenant.judge(first);
  await tenant.takeAway(first);
  await tenant.backfill(second);
  await tenant.judgeTogether(epic, third, fourth);
}

class CustodyParty {
  private readonly line: Line;
  private readonly party: Party;
  private readonly verifier: string;

  constructor(line: Line, party: Party) {
    this.line = line;
    this.party = party;
    this.verifier = party.keys.at(-1) ?? '';
  }

  async plan(): Promise<string> {
    const slug = `custody-${newMark()}`.slice(0, 32);
    const project = await this.say(this.userTold('createProject', '/projects', { name: this.mark(), slug }));
    const epics = `/projects/${project['id'] as string}/epics`;
    return (await this.say(this.userTold('createEpic', epics, { title: this.mark() })))['id'] as string;
  }

  async add(epic: string): Promise<string> {
    const told = this.userTold('createStory', `/epics/${epic}/stories`, { title: this.mark() });
    return (await this.say(told))['id'] as string;
  }

  async bringToVerdict(story: string): Promise<void> {
    const { worker, reviewer } = this.party.hands;
    await this.begin(story);
    await this.act(worker, 'startStory', story, 'start', {}, 'start');
    await this.act(worker, 'heartbeatStory', story, 'heartbeat', { note: this.mark() });
    const artifact = { name: this.mark(), url: 'https://plain.example/log' };
    await this.act(worker, 'addStoryArtifact', story, 'artifacts', { artifact });
    const handed = { commit: '1f0e2d3c4b5a', artifacts: [{ ...artifact, name: this.mark() }] };
    await this.act(worker, 'requestStoryReview', story, 'request-review', handed);
    await this.act(reviewer, 'reportStory', story, 'report', {}, 'report');
    const findings = { findings: 0, fixes: 0, disproved: 0, notes: this.mark() };
    await this.act(reviewer, 'completeStoryReview', story, 'review-complete', findings, 'review');
  }

  async judge(story: string): Promise<void> {
    const passed = this.passing();
    await this.act(this.verifier, 'verifyStory', story, 'verify', passed, 'verify');
    await this.act(this.verifier, 'rejectStory', story, 'reject', { reason: this.mark() });
  }

  private passing(): Json {
    const attestations = [{ criterion: 1, note: this.mark() }];
    return { result: 'pass', evidence: this.mark(), attestations };
  }

  async takeAway(story: string): Promise<void> {
    await this.begin(story);
    await this.act(this.party.founded.userKey, 'forceUnclaimStory', story, 'force-unclaim', { reason: this.mark() });
  }

  async backfill(story: string): Promise<void> {
    const body = { reason: this.mark(), evidence_url: 'https://plain.example/1' };
    await this.act(this.party.founded.userKey, 'backfillStory', story, 'backfill', body);
  }

  async judgeTogether(epic: string, one: string, other: string): Promise<void> {
    const key = this.verifier;
    const capability = await this.collect(key, one, 'verify');
    const item = { story_id: one, ...this.passing(), capability };
    await this.say({ key, operation: 'bulkVerifyStories', path: '/stories/bulk-verify', body: { items: [item] } });
    const body = this.passing();
    await this.say({ key, operation: 'verifyEpicStories', path: `/epics/${epic}/verify-all`, body });
    const items = [one, other].map((story_id) => ({ story_id, reason: this.mark() }));
    await this.say({ key, operation: 'bulkRejectStories', path: '/stories/bulk-reject', body: { items } });
  }

  private async begin(story: string): Promise<void> {
    const { worker } = this.party.hands;
    const { title } = await this.say(
      { key: worker, operation: 'getStory', path: `/stories/${story}`, body: {} },
      'GET',
    );
    const echo = { title, criteria_count: 0, criteria_hash: criteriaHash([]) };
    await this.act(worker, 'contractStory', story, 'contract', echo);
    await this.act(worker, 'claimStory', story, 'claim', {});
  }

  private async act(
    ...[key, operation, story, act, body, uses]: [string, string, string, string, Json, string?]
  ): Promise<void> {
    const told = { key, operation, path: `/stories/${story}/${act}`, body };
    await this.say(uses === undefined ? told : { ...told, capability: await this.collect(key, story, uses) });
  }

  private async collect(key: string, story: string, act: string): Promise<string> {
    const told = { key, operation: 'collectStoryCapability', path: `/stories/${story}/capabilities`, body: { act } };
    const { capabilities } = (await this.say(told)) as { capabilities: readonly { token: string }[] };
    return capabilities[0]?.token ?? '';
  }

  private userTold(operation: string, path: string, body: Json): Told {
    return { key: this.party.founded.userKey, operation, path, body };
  }

  private mark(): string {
    const mark = newMark();
    this.party.marks.add(mark);
    return mark;
  }

  private async say({ key, operation, path, body, capability }: Told, method = 'POST'): Promise<Json> {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...(capability === undefined ? {} : { 'loopledger-capability': capability }),
    };
    const sent = { method, path: `/api/v1${path}`, headers };
    const got = await this.line.send(method === 'GET' ? sent : { ...sent, body: JSON.stringify(body) });
    const heard = JSON.parse(got.text) as Json & { readonly data?: readonly { readonly problem: unknown }[] };
    if (got.status >= 300 || heard.data?.some(({ problem }) => problem !== null) === true) {
      throw new Error(`${operation} answered ${got.status}: ${got.text}`);
    }
    for (const place of markedPlaces(body)) this.party.filled.add(`${operation} ${place}`);
    learn(this.party, path, got);
    return heard;
  }
}

function markedPlaces(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return value.includes('mark') ? [path.join('/')] : [];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, part]) => markedPlaces(part, [...path, name]));
}
