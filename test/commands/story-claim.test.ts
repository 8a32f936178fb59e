import { test } from 'tap';
import {
  addArtifact,
  claimStory,
  contractStory,
  criteriaHash,
  forceUnclaimStory,
  heartbeatStory,
  lapseLease,
  startStory,
  unclaimStory,
} from '../../commands/story-claim.ts';
import { reviseCriteria } from '../../commands/story.ts';
import {
  StoryArtifactAdded,
  StoryBackfilled,
  StoryForceUnclaimed,
  StoryLapsed,
  StoryLeaseExtended,
  StoryUnclaimed,
} from '../../events/story-custody.ts';
import { CapabilityVoided } from '../../events/story-custody-capability.ts';
import { StoryCriteriaRevised } from '../../events/story.ts';
import { systemActor } from '../../kernel/actor.ts';
import { record } from '../../kernel/stream.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import {
  actorOf,
  auditor,
  consumed,
  contractedBy,
  everybody,
  granted,
  leaseEnd,
  planner,
  sibling,
  started,
  until,
  worker,
  workshop,
} from '../support/custody.ts';
import { given, idOf, startOfTime } from '../support/given.ts';
import {
  dependencyAdded,
  edgeOf,
  epicArchived,
  epicId,
  projectId,
  storyArchived,
  storyId,
  storyRef,
} from '../support/work.ts';

const story_id = storyId('1.1');
const ref = storyRef('1.1');
const about = projectId();
const echo = { story_id, title: 'Story 1.1', criteria_count: 0, criteria_hash: criteriaHash([]) };
const start = granted('start', worker, 1);
const shop = workshop(...everybody);
const voided = record(CapabilityVoided, ref, { jti: idOf(630_001), act: 'start' }, about);
const lapsed = record(StoryLapsed, ref, { fence: 1, lease_until: leaseEnd }, about);

test('a pending story is contracted by whoever says what it asks for', (t) => {
  const base = given(t, ...shop).by(actorOf(worker));
  base.when(contractStory, echo).thenEvents(contractedBy(worker));
  given(t, ...shop)
    .by(actorOf(planner))
    .when(contractStory, echo)
    .thenEvents(contractedBy(planner));
  base.when(contractStory, { ...echo, title: 'Another' }).thenRefused('contract_mismatch');
  base.when(contractStory, { ...echo, criteria_count: 1 }).thenRefused('contract_mismatch');
  base.when(contractStory, { ...echo, criteria_hash: 'f'.repeat(64) }).thenRefused('contract_mismatch');
  given(t, ...shop, contractedBy(worker))
    .by(actorOf(sibling))
    .when(contractStory, echo)
    .thenRefused('story_not_pending');
  t.end();
});

test('acts of custody need a dispatch that is alive, a tenant that runs and a story that is open', (t) => {
  const [agent] = ['agent'] as const;
  given(t, ...shop)
    .by(agent)
    .when(contractStory, echo)
    .thenRefused('dispatch_required');
  given(t, ...workshop(worker))
    .by(actorOf(planner))
    .when(contractStory, echo)
    .thenRefused('dispatch_lineage_broken');
  const late = addSeconds(startOfTime, 14_000);
  given(t, ...shop)
    .at(late)
    .by(actorOf(worker))
    .when(contractStory, echo)
    .thenRefused('dispatch_ended');
  given(t, ...shop, storyArchived('1.1'))
    .by(actorOf(worker))
    .when(contractStory, echo)
    .thenRefused('story_archived');
  given(t, ...shop, epicArchived(1))
    .by(actorOf(worker))
    .when(contractStory, echo)
    .thenRefused('epic_archived');
  given(t, ...shop.slice(1))
    .by(actorOf(worker))
    .when(contractStory, echo)
    .thenRefused('tenant_not_found');
  given(t, ...shop)
    .by(actorOf(worker))
    .when(contractStory, { ...echo, story_id: idOf(5) })
    .thenRefused('story_not_found');
  t.end();
});

test('a contracted story is claimed once, with a lease, a fencing number and a capability to start', (t) => {
  const claim = { story_id, lease_seconds: 600 };
  const { events, refusal } = given(t, ...shop, contractedBy(planner))
    .by(actorOf(worker))
    .when(claimStory, claim);
  t.equal(refusal, null);
  const expected = { fence: 1, lease_seconds: 600, lease_until: addSeconds(startOfTime, 600) };
  t.match(events, [
    { type: 'story.claimed', data: { by: { agent_id: worker.agent_id, lineage: worker.lineage }, ...expected } },
    { type: 'story.capability_granted', data: { act: 'start', dispatch_id: worker.dispatchId } },
  ]);
  given(t, ...shop)
    .by(actorOf(worker))
    .when(claimStory, claim)
    .thenRefused('story_not_contracted');
  given(t, ...shop, ...until('assigned'))
    .by(actorOf(sibling))
    .when(claimStory, claim)
    .thenRefused('story_already_claimed');
  given(t, ...shop, contractedBy(planner))
    .by(actorOf(planner))
    .when(claimStory, claim)
    .thenRefused('role_forbidden');
  t.end();
});

test('the fencing number grows with every claim', (t) => {
  const gone = record(StoryUnclaimed, ref, {}, about);
  const again = [...until('assigned'), gone, contractedBy(worker)];
  const { events } = given(t, ...shop, ...again)
    .by(actorOf(worker))
    .when(claimStory, { story_id });
  t.equal(events[0]?.data['fence'], 2);
  t.end();
});

test('a story is not claimed before what it needs is verified and complete, and the refusal names what that is', (t) => {
  const needs = [dependencyAdded(edgeOf(1, '1.1', '1.2')), dependencyAdded(edgeOf(2, '1', '2'))];
  const { refusal } = given(t, ...shop, ...needs, contractedBy(worker))
    .by(actorOf(worker))
    .when(claimStory, { story_id });
  t.equal(refusal?.code, 'story_blocked');
  t.match(refusal?.extra.members, {
    blockers: [
      { level: 'story', id: storyId('1.2'), number: '1.2' },
      { level: 'epic', id: epicId(2), number: '2' },
    ],
  });
  const done = { epic_id: epicId(1), reason: 'done', evidence_url: 'https://e.org/1' };
  const backfilled = record(StoryBackfilled, storyRef('1.2'), done, about);
  const { refusal: left } = given(t, ...shop, ...needs, backfilled, contractedBy(worker))
    .by(actorOf(worker))
    .when(claimStory, { story_id });
  t.match(left?.extra.members, { blockers: [{ level: 'epic' }] });
  t.end();
});

test('work is begun with the capability of the claim, once, by the very dispatch that claimed', (t) => {
  const held = given(t, ...shop, ...until('assigned'));
  const command = { story_id, capability: start.token };
  held.by(actorOf(worker)).when(startStory, command).thenEvents(consumed('start', 1), started);
  held.when(startStory, { ...command, fence: 1 }).thenEvents(consumed('start', 1), started);
  held.when(startStory, { ...command, fence: 2 }).thenRefused('fence_stale');
  held.when(startStory, { ...command, capability: null }).thenRefused('capability_missing');
  held.by(actorOf(sibling)).when(startStory, command).thenRefused('story_held_by_another');
  given(t, ...shop, ...until('implementing'))
    .by(actorOf(worker))
    .when(startStory, command)
    .thenRefused('story_started');
  given(t, ...shop, contractedBy(worker))
    .by(actorOf(worker))
    .when(startStory, command)
    .thenRefused('story_not_held');
  t.end();
});

test('a lapsed lease is dead at once', (t) => {
  const late = given(t, ...shop, ...until('implementing'))
    .at(leaseEnd)
    .by(actorOf(worker));
  late.when(heartbeatStory, { story_id }).thenRefused('lease_lapsed');
  late.when(unclaimStory, { story_id }).thenRefused('lease_lapsed');
  late.when(addArtifact, { story_id, artifact: { name: 'a', url: 'https://e.org' } }).thenRefused('lease_lapsed');
  late.when(startStory, { story_id, capability: start.token }).thenRefused('lease_lapsed');
  given(t, ...shop, ...until('assigned'))
    .at(leaseEnd)
    .by(actorOf(sibling))
    .when(contractStory, echo)
    .thenEvents(voided, lapsed, contractedBy(sibling));
  t.end();
});

test('a worker returns what lapsed, once, and nothing else', (t) => {
  const late = given(t, ...shop, ...until('assigned'))
    .at(leaseEnd)
    .by(systemActor);
  late.when(lapseLease, { story_id, fence: 1 }).thenEvents(voided, lapsed);
  late.when(lapseLease, { story_id, fence: 2 }).thenRefused('story_not_held');
  given(t, ...shop, ...until('assigned'))
    .by(systemActor)
    .when(lapseLease, { story_id, fence: 1 })
    .thenRefused('story_not_held');
  given(t, ...shop, ...until('in_review'))
    .at(leaseEnd)
    .by(systemActor)
    .when(lapseLease, { story_id, fence: 1 })
    .thenRefused('story_not_held');
  given(t, ...shop, ...until('assigned'), voided, lapsed)
    .at(leaseEnd)
    .by(systemActor)
    .when(lapseLease, { story_id, fence: 1 })
    .thenRefused('story_not_held');
  given(t, ...shop, ...until('assigned'))
    .by('user')
    .when(lapseLease, { story_id, fence: 1 })
    .thenRefused('role_forbidden');
  t.end();
});

test('a heartbeat extends the lease from now on', (t) => {
  const now = addSeconds(startOfTime, 60);
  const data = { lease_until: addSeconds(now, 120), note: 'on it' };
  const held = given(t, ...shop, ...until('assigned'))
    .at(now)
    .by(actorOf(worker));
  held
    .when(heartbeatStory, { story_id, lease_seconds: 120, note: 'on it' })
    .thenEvents(record(StoryLeaseExtended, ref, data, about));
  held.when(heartbeatStory, { story_id, fence: 7 }).thenRefused('fence_stale');
  held.by(actorOf(auditor)).when(heartbeatStory, { story_id }).thenRefused('role_forbidden');
  t.end();
});

test('whoever holds a story names what came of it, and gives it back', (t) => {
  const held = given(t, ...shop, ...until('assigned')).by(actorOf(worker));
  const artifact = { name: 'Report', sha256: 'a'.repeat(64) };
  held.when(addArtifact, { story_id, artifact }).thenEvents(record(StoryArtifactAdded, ref, { artifact }, about));
  const full = Array.from({ length: 100 }, () => record(StoryArtifactAdded, ref, { artifact }, about));
  given(t, ...shop, ...until('assigned'), ...full)
    .by(actorOf(worker))
    .when(addArtifact, { story_id, artifact })
    .thenRefused('artifact_limit');
  held.when(unclaimStory, { story_id }).thenEvents(voided, record(StoryUnclaimed, ref, {}, about));
  held.by(actorOf(sibling)).when(unclaimStory, { story_id }).thenRefused('story_held_by_another');
  t.end();
});

test('a person or an orchestrator takes a story from whoever holds it', (t) => {
  const command = { story_id, reason: 'gone' };
  const taken = record(StoryForceUnclaimed, ref, { reason: 'gone' }, about);
  for (const by of ['user', actorOf(planner)] as const) {
    given(t, ...shop, ...until('assigned'))
      .by(by)
      .when(forceUnclaimStory, command)
      .thenEvents(voided, taken);
  }
  given(t, ...shop, contractedBy(worker))
    .by('user')
    .when(forceUnclaimStory, command)
    .thenRefused('story_not_held');
  given(t, ...shop, ...until('assigned'))
    .by(actorOf(worker))
    .when(forceUnclaimStory, command)
    .thenRefused('role_forbidden');
  t.end();
});

test('new criteria void the contract: the claim stands, and the work is handed in only after another contract', (t) => {
  const criteria = [{ text: 'It holds', binding: null }];
  const revised = record(StoryCriteriaRevised, ref, { revision: 2, criteria }, about);
  given(t, ...shop, ...until('implementing'))
    .by('orchestrator')
    .when(reviseCriteria, { story_id, criteria })
    .thenEvents(revised);
  given(t, ...shop, ...until('contracted'), revised)
    .by(actorOf(worker))
    .when(claimStory, { story_id })
    .thenRefused('story_not_contracted');
  const again = { ...echo, criteria_count: 1, criteria_hash: criteriaHash(criteria) };
  const held = given(t, ...shop, ...until('implementing'), revised);
  t.equal(held.by(actorOf(worker)).when(contractStory, again).events[0]?.data['criteria_revision'], 2);
  held.by(actorOf(worker)).when(contractStory, echo).thenRefused('contract_mismatch');
  held.by(actorOf(sibling)).when(contractStory, again).thenRefused('story_held_by_another');
  t.end();
});

test('a refusal of custody says what would have succeeded', (t) => {
  const acts = (...names: readonly string[]) => names.map((act) => ({ act }));
  const { refusal } = given(t, ...shop)
    .by(actorOf(worker))
    .when(claimStory, { story_id });
  t.match(refusal?.extra.nextActs, { storyId: story_id, acts: acts('contract') });
  const { refusal: late } = given(t, ...shop, ...until('assigned'))
    .by(actorOf(worker))
    .when(startStory, { story_id, capability: null });
  t.same(late?.extra.nextActs?.acts, [
    { act: 'start', capability: 'start' },
    { act: 'heartbeat', capability: null },
    { act: 'unclaim', capability: null },
    { act: 'add_artifact', capability: null },
    { act: 'collect_capability', capability: 'start' },
  ]);
  t.end();
});
