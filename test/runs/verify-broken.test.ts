// A sandbox that breaks says nothing of what was handed in, so a verification that meets one ends by saying just that.
import { type Test, test } from 'tap';
import { verifier } from '../../runs/verify.ts';
import type { SandboxResult } from '../../sandbox/port.ts';
import { done, trusted } from '../support/deceit.ts';
import { testSigner } from '../support/given.ts';
import { TestRepository } from '../support/repository.ts';
import { begunAt, RunStory, sandboxThat, taken } from '../support/run-story.ts';
import { orderWith } from '../support/verifying.ts';

const broken = { verdict: 'sandbox_error', trouble: 'the engine is gone' } as const;

interface Verification {
  readonly story: RunStory;
  /** Of each execution, from the beginning. */
  readonly atMs: readonly number[];
}

function verification(t: Test, answer: (execution: number) => Partial<SandboxResult>): Verification {
  const repository = new TestRepository(t);
  const commit = repository.handIn(trusted, done);
  const order = orderWith({ git_remote: repository.url, commit }, ['test:tests/test_add.py::Add']);
  const atMs: number[] = [];
  const port = sandboxThat(() => {
    atMs.push(story.nowMs - begunAt);
    return answer(atMs.length);
  });
  const limits = {
    max_repairs: 0,
    max_calls: 1,
    cap_micros: 0,
    deadline_s: 600,
    wall_ms: 1_000,
    memory_bytes: 2 ** 28,
  };
  const story: RunStory = new RunStory(port, [], { kind: 'verify', order, limits });
  story.verify = verifier({
    sign: async (_tenant, bytes) => ({ keyId: testSigner.keyId, signature: testSigner.sign(bytes) }),
    position: async () => 7,
    allowLocal: true,
  });
  return { story, atMs };
}

test('a verification whose sandbox keeps breaking is tried again ever later, and ends with that reason', async (t) => {
  const { story, atMs } = verification(t, () => broken);
  const { outcome, judgement } = await story.go();
  t.match(outcome, {
    reason: 'sandbox_error',
    detail: /unavailable: it broke 5 times .*the engine is gone/,
    best: null,
  });
  t.equal(judgement, null, 'nothing is said of the work');
  const pauses = atMs.slice(1).map((ms, at) => Math.round((ms - (atMs[at] ?? 0)) / 1_000));
  t.same(pauses, [1, 4, 16, 64]);
});

test('one that works again in time is judged by what it sees', async (t) => {
  const { story, atMs } = verification(t, (execution) => (execution < 5 ? broken : { verdict: 'timeout_wall' }));
  const { outcome, judgement } = await story.go();
  t.equal(atMs.length, 5);
  t.equal(outcome?.reason, 'not_verified');
  t.equal(judgement?.is_passed, false);
});

test('when its time is over after nothing but breaks, that is the reason', async (t) => {
  const { story } = verification(t, () => broken);
  await story.go(2);
  story.history.add(taken);
  story.nowMs = begunAt + 601_000;
  t.match((await story.go(1)).outcome, { reason: 'sandbox_error', detail: /broke 2 times, and the time/ });
});
