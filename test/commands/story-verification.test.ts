import { test } from 'tap';
import { advanceRun, cancelRun } from '../../commands/run.ts';
import { setVerification } from '../../commands/project.ts';
import { drawJudge, rejectStory, requestReview, verifyStory } from '../../commands/story-review.ts';
import { deleteStory, reviseCriteria } from '../../commands/story.ts';
import { ProjectVerificationSet } from '../../events/project.ts';
import {
  RunCancelled,
  RunCancelRequested,
  RunFailed,
  RunRequested,
  RunTaken,
  RunVerificationJudged,
} from '../../events/run-fact.ts';
import { StoryRejected, StoryReviewRequested, StoryVerified } from '../../events/story-custody.ts';
import {
  StoryVerificationFailed,
  StoryVerificationPassed,
  StoryVerificationRequested,
} from '../../events/story-custody-run.ts';
import { StoryArchived, StoryCriteriaRevised } from '../../events/story.ts';
import { TenantHalted } from '../../events/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { addSeconds } from '../../kernel/timestamp.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { remoteFault } from '../../policies/verification.ts';
import {
  actorOf,
  auditor,
  consumed,
  everybody,
  granted,
  partyOf,
  reviewer,
  until,
  verifier,
  worker,
  workshop,
} from '../support/custody.ts';
import { given, idOf, startOfTime, tenantId } from '../support/given.ts';
import { executed, factsOf, type RunEnd, statementContent, wholeCommit } from '../support/verification.ts';
import { epicId, projectId, projectRef, storyId, storyRef } from '../support/work.ts';

const story_id = storyId('1.1');
const ref = storyRef('1.1');
const about = projectId();
const run_id = idOf(900_001);
const runRef = { type: 'run', id: run_id };
const settings = record(ProjectVerificationSet, projectRef(), executed, about);
const criteria = [
  { text: 'It adds', binding: 'test:tests/test_add.py::test_add' },
  { text: 'It is pleasant', binding: 'manual:look' },
  { text: 'It is told', binding: null },
];
const bound = record(StoryCriteriaRevised, ref, { revision: 2, criteria }, about);
const handedInWhole = record(StoryReviewRequested, ref, { commit: wholeCommit, artifacts: [] }, about);
const reviewed = until('reviewed').map((event) => (event.type === StoryReviewRequested.type ? handedInWhole : event));
const shop = [...workshop(...everybody), settings, bound];
const verify = granted('verify', verifier, 4);
const attestations = [
  { criterion: 2, note: 'It is' },
  { criterion: 3, note: 'In the manual' },
];
const pass = { story_id, result: 'pass' as const, evidence: 'See the run', attestations, capability: verify.token };
const by = partyOf(verifier);

const order = {
  ...executed,
  story_id,
  commit: wholeCommit,
  cycle: 1,
  criteria_revision: 2,
  criteria: [
    { binding: 'test:tests/test_add.py::test_add', note: null },
    { binding: 'manual:look', note: 'It is' },
    { binding: null, note: 'In the manual' },
  ],
};
const run = {
  kind: 'verify' as const,
  project_id: about,
  story_id,
  language: 'python' as const,
  prompt: '',
  tests: null,
  model: null,
  tiers: ['docker', 'bubblewrap'] as ('docker' | 'bubblewrap')[],
  limits: {
    max_repairs: 0,
    max_calls: 1,
    cap_micros: 0,
    deadline_s: 900,
    wall_ms: 120_000,
    memory_bytes: 536_870_912,
  },
  classify: 'heuristic' as const,
  needs_approval: false,
  retry_of: null,
  order,
  labels: {},
};
const requested: readonly NewEvent[] = [
  record(StoryVerificationRequested, ref, { run_id, by, evidence: 'See the run', fence: 1 }, about),
  record(RunRequested, runRef, run, about),
];
const taken = record(RunTaken, runRef, { worker: 'w', fence: 1, deadline_at: addSeconds(startOfTime, 900) }, about);
const underWay = [...reviewed, consumed('verify', 4), ...requested, taken];
const ending = (end: RunEnd) => ({ run_id, fence: 1, facts: factsOf(end) });
const judgement = { fence: 1, is_passed: true, reasons: [], statement: statementContent };
const judged = record(RunVerificationJudged, runRef, judgement, about);
const refutedFact = record(
  RunVerificationJudged,
  runRef,
  { ...judgement, is_passed: false, reasons: ['It does not hold.'] },
  about,
);

test('a project that is verified by running answers a verification with a run, and the story waits for it', (t) => {
  const held = given(t, ...shop, ...reviewed).by(actorOf(verifier));
  held.when(verifyStory, pass).thenEvents(consumed('verify', 4), ...requested);
  held.when(verifyStory, { ...pass, attestations: [] }).thenRefused('attestation_missing');
  const [first = { criterion: 2, note: '' }] = attestations;
  held.when(verifyStory, { ...pass, attestations: [first, first] }).thenRefused('attestation_missing');
  const tooMany = [...attestations, { criterion: 1, note: 'me too' }];
  held.when(verifyStory, { ...pass, attestations: tooMany }).thenRefused('attestation_missing');
  held.when(verifyStory, { ...pass, capability: null }).thenRefused('capability_missing');
  for (const hand of [worker, reviewer]) {
    given(t, ...shop, ...reviewed)
      .by({ ...actorOf(hand), role: 'orchestrator' })
      .when(verifyStory, pass)
      .thenRefused('dispatch_lineage_broken');
  }
  given(t, ...shop, ...reviewed)
    .by(actorOf(auditor))
    .when(verifyStory, pass)
    .thenRefused('verifier_other');
  t.end();
});

test('where nothing is run, a word on a criterion is kept as it was said', (t) => {
  const attested = record(ProjectVerificationSet, projectRef(), { ...executed, mode: 'attested' }, about);
  const words = [{ criterion: 2, note: 'It is' }];
  given(t, ...shop, attested, ...reviewed)
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, attestations: words })
    .thenEvents(
      consumed('verify', 4),
      record(
        StoryVerified,
        ref,
        { epic_id: epicId(1), by, method: 'attested', evidence: 'See the run', attestations: words },
        about,
      ),
    );
  t.end();
});

test('what no test is bound to, or has no whole commit, is not verified by running', (t) => {
  const unbound = record(StoryCriteriaRevised, ref, { revision: 3, criteria: criteria.slice(1) }, about);
  given(t, ...shop, unbound, ...reviewed)
    .by(actorOf(verifier))
    .when(verifyStory, pass)
    .thenRefused('verification_unbound');
  const codeAlone = [{ text: 'It is there', binding: 'code:src/add.py' }];
  given(t, ...shop, record(StoryCriteriaRevised, ref, { revision: 3, criteria: codeAlone }, about), ...reviewed)
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, attestations: [] })
    .thenRefused('verification_unbound');
  given(t, ...shop, ...until('reviewed'))
    .by(actorOf(verifier))
    .when(verifyStory, pass)
    .thenRefused('commit_incomplete');
  given(t, ...shop, ...until('implementing'))
    .by(actorOf(worker))
    .when(requestReview, { story_id, commit: '1f0e2d3' })
    .thenRefused('commit_incomplete');
  t.end();
});

test('a story is verified by the run that it waits for, in the name of its verifier', (t) => {
  given(t, ...shop, ...underWay)
    .by(systemActor)
    .when(advanceRun, ending('passed'))
    .thenEvents(
      judged,
      record(StoryVerificationPassed, ref, { run_id, statement: statementContent }, about),
      record(StoryVerified, ref, { epic_id: epicId(1), by, method: 'executed', evidence: 'See the run' }, about),
    );
  t.end();
});

test('a run that the story does not wait for any more says nothing of it', (t) => {
  const data = { run_id: idOf(900_002), by, evidence: 'See the other run', fence: 1 };
  given(t, ...shop, ...underWay, record(StoryVerificationRequested, ref, data, about))
    .by(systemActor)
    .when(advanceRun, ending('passed'))
    .thenEvents(judged);
  t.end();
});

test('a run that refutes the story or breaks says so, and the verifier may have it run again', (t) => {
  const told = { run_id, reasons: ['It does not hold.'], statement: statementContent };
  const failed = record(StoryVerificationFailed, ref, told, about);
  given(t, ...shop, ...underWay)
    .by(systemActor)
    .when(advanceRun, ending('refuted'))
    .thenEvents(refutedFact, failed);
  const broken = given(t, ...shop, ...underWay)
    .by(systemActor)
    .when(advanceRun, ending('failed'));
  t.match(broken.events.at(-1), {
    type: 'story.verification_failed',
    data: { reasons: [/sandbox_unavailable/], statement: null },
  });
  const cancelled = given(t, ...shop, ...underWay.slice(0, -1))
    .by('user')
    .when(cancelRun, { run_id });
  t.match(cancelled.events.at(-1), { type: 'story.verification_failed', data: { reasons: [/cancelled/] } });
  const again = granted('verify', verifier, 5);
  given(t, ...shop, ...underWay, refutedFact, failed, again.event)
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, capability: again.token })
    .thenEvents(consumed('verify', 5), ...requested);
  t.end();
});

test('while a story is run nobody verifies it again and nobody else is drawn', (t) => {
  const again = granted('verify', verifier, 5);
  const held = given(t, ...shop, ...underWay, again.event);
  held
    .by(actorOf(verifier))
    .when(verifyStory, { ...pass, capability: again.token })
    .thenRefused('verification_under_way');
  const late = addSeconds(startOfTime, 14_001);
  held.by('user').at(late).when(drawJudge, { story_id }).thenRefused('draw_not_needed');
  t.end();
});

const promised = 'c'.repeat(64);
const evidence: HaltEvidence = { kind: 'chain_broken', checkpoints: [], position: 3, promised, found: null };
const told = { evidence, evidence_hash: evidenceHash(evidence) };
const halted = record(TenantHalted, { type: 'tenant', id: tenantId }, told, null);
const cancelRequested = record(RunCancelRequested, runRef, {}, about);
const ended = { fence: 1, reason: 'deadline' as const, detail: '', best: null };

test('the run of an earlier cycle says nothing of the present one', (t) => {
  const rejected = record(StoryRejected, ref, { by: partyOf(auditor), reason: 'no' }, about);
  const revised = record(StoryCriteriaRevised, ref, { revision: 3, criteria: criteria.slice(0, 1) }, about);
  const archived = record(StoryArchived, ref, {}, about);
  for (const [what, after] of [
    ['rejected', rejected],
    ['new criteria', revised],
    ['archived', archived],
    ['halted', halted],
  ] as const) {
    for (const end of ['passed', 'refuted'] as const) {
      const decision = given(t, ...shop, ...underWay, after)
        .by(systemActor)
        .when(advanceRun, ending(end));
      t.same(
        decision.events.map(({ type }) => type),
        ['run.verification_judged'],
        `${what}: the run ends, and the story hears nothing`,
      );
    }
  }
  given(t, ...shop, ...underWay)
    .by(actorOf(auditor))
    .when(rejectStory, { story_id, reason: 'no' })
    .thenEvents(cancelRequested, rejected);
  given(t, ...shop, ...underWay)
    .by('orchestrator')
    .when(reviseCriteria, { story_id, criteria: criteria.slice(0, 1) })
    .thenEvents(cancelRequested, revised);
  t.end();
});

test('in a halt nothing takes a verification away or ends one that is under way', (t) => {
  const verified = record(StoryVerified, ref, { epic_id: epicId(1), by, method: 'attested', evidence: 'seen' }, about);
  const onlyFirst = { story_id, criteria: criteria.slice(0, 1) };
  for (const history of [underWay, [...reviewed, consumed('verify', 4), verified]]) {
    const held = given(t, ...shop, ...history, halted);
    held.when(reviseCriteria, onlyFirst).thenRefused('tenant_halted');
    held.when(reviseCriteria, { story_id, criteria }).thenEvents();
    held.when(deleteStory, { story_id }).thenRefused('tenant_halted');
  }
  const untouched = given(t, ...shop, halted);
  t.equal(untouched.when(reviseCriteria, onlyFirst).events.length, 1, 'nobody took it on');
  t.equal(untouched.when(deleteStory, { story_id }).events.at(-1)?.type, 'story.deleted');
  t.end();
});

test('a run that nobody waits for any more is ended with its story', (t) => {
  const rejected = record(StoryRejected, ref, { by: partyOf(auditor), reason: 'no' }, about);
  const reject = (...history: readonly NewEvent[]) =>
    given(t, ...shop, ...reviewed, consumed('verify', 4), ...requested, ...history)
      .by(actorOf(auditor))
      .when(rejectStory, { story_id, reason: 'no' });
  reject().thenEvents(record(RunCancelled, runRef, { fence: null, best: null }, about), rejected);
  reject(taken).thenEvents(cancelRequested, rejected);
  reject(taken, cancelRequested).thenEvents(rejected);
  reject(taken, record(RunFailed, runRef, ended, about)).thenEvents(rejected);
  for (const [history, end] of [
    [[], 'run.cancelled'],
    [[taken], 'run.cancel_requested'],
  ] as const) {
    const { events } = given(t, ...shop, ...reviewed, consumed('verify', 4), ...requested, ...history).when(
      deleteStory,
      { story_id },
    );
    t.ok(
      events.some(({ type, stream }) => type === end && stream.id === run_id),
      `a deletion: ${end}`,
    );
  }
  const decision = given(t, ...shop, ...underWay, cancelRequested, rejected)
    .by(systemActor)
    .when(advanceRun, { run_id, fence: 1, facts: [{ kind: RunCancelled, data: { best: null } }] });
  t.same(
    decision.events.map(({ type }) => type),
    ['run.cancelled'],
  );
  t.end();
});

test('only a person says how a project is verified, and commits come from public places alone', (t) => {
  const command = { project_id: about, verification: executed, allow_local: false };
  const open = given(t, ...workshop(...everybody)).by('user');
  open.when(setVerification, command).thenEvents(settings);
  given(t, ...shop)
    .by('user')
    .when(setVerification, command)
    .thenEvents();
  for (const role of ['agent', 'orchestrator'] as const) {
    given(t, ...shop)
      .by(role)
      .when(setVerification, command)
      .thenRefused('role_forbidden');
  }
  const refused = [
    'file:///srv/repo.git',
    'https://127.0.0.1/x.git',
    'https://u:p@git.example.com/x',
    'https://[::1]/x',
  ];
  for (const git_remote of [...refused, 'https://git.internal/x', 'https://git.example.com/x?a=b']) {
    const verification = { ...executed, git_remote };
    open.when(setVerification, { ...command, verification }).thenRefused('project_remote_refused');
  }
  t.equal(remoteFault('file:///srv/repo.git', true), null);
  t.type(remoteFault('file://elsewhere/repo.git', true), 'string', 'no other machine by file');
  t.type(remoteFault('https://10.0.0.1/x', true), 'string', 'nor a private network by https');
  t.end();
});
