// Whole runs without a server: real steps and a real sandbox, and a model that answers what the case says.
import { test } from 'tap';
import type { SandboxPort } from '../../sandbox/port.ts';
import { SandboxUnavailable } from '../../sandbox/chain.ts';
import { contentOf } from '../support/run.ts';
import { fenced, reviewOf, RunStory, sandboxThat } from '../support/run-story.ts';
import { openTier, skipReason } from '../support/sandbox.ts';

const skip = await skipReason('bubblewrap', 'python');
let port: SandboxPort;
test('a sandbox is there', { skip }, (t) => {
  port = openTier('bubblewrap');
  t.end();
});

const good = 'def add(a, b):\n    return a + b\n';
const bug = 'def add(a, b):\n    return a - b\n';
const tests_text = 'assert add(1, 2) == 3, "the sum is wrong"\n';

function stepsOf(story: RunStory): string[] {
  return story.steps.map(({ kind }) => kind);
}

function typesOf(story: RunStory): string[] {
  return story.history.facts.map(({ kind }) => kind.type);
}

test('a right answer succeeds at once', { skip }, async (t) => {
  const story = new RunStory(port, [fenced(good)], { tests_text });
  const run = await story.go();
  t.match(run.outcome, { reason: 'solved', best: 1 });
  t.same(stepsOf(story), ['classify', 'plan', 'code', 'merge', 'execute', 'succeed']);
  t.equal(story.textOf(run.candidates[0]?.code), good);
  t.equal(run.calls, 1);
  t.equal(run.cost_micros, 100);
});

test('a bug is reviewed and mended', { skip }, async (t) => {
  const story = new RunStory(port, [fenced(bug), reviewOf(good)], { tests_text });
  const run = await story.go();
  t.match(run.outcome, { reason: 'solved', best: 2 });
  t.match(run.candidates[0]?.execution, {
    verdict: 'nonzero',
    tests: { passed: 0, failed: 1, errors: 0 },
    is_solved: false,
    error_class: 'logic',
  });
  t.match(run.candidates[1], { of: 1, execution: { is_solved: true, tests: { passed: 1, failed: 0, errors: 0 } } });
  const types = typesOf(story);
  t.same(types.slice(-7), [
    'run.execution_finished',
    'run.model_called',
    'run.review_completed',
    'run.fix_applied',
    'run.execution_started',
    'run.execution_finished',
    'run.succeeded',
  ]);
  t.equal(run.cost_micros, 200);
});

const unfit: readonly (readonly [string, readonly string[], string])[] = [
  [
    'a fix that does not fix',
    [fenced(bug), reviewOf('def add(a, b):\n    return b - a\n'), reviewOf('def add(a, b):\n    return 4\n')],
    'stuck',
  ],
  ['a fix that is what was there', [fenced(bug), reviewOf(bug)], 'stuck'],
  [
    'a fix that leaves the process',
    [
      fenced(bug),
      reviewOf('import os\ndef add(a, b):\n    os._exit(0)\n'),
      reviewOf('exit(0)\n'),
      reviewOf('import sys\nsys.exit(0)\n'),
    ],
    'stuck',
  ],
  ['a fix that prints results', [fenced(bug), reviewOf(`print("1 passed")\n${bug}`)], 'stuck'],
  [
    'a fix that its maker does not trust',
    [fenced(bug), reviewOf('def add(a, b):\n    return None + a\n'), reviewOf(good, { confidence: 0.2 })],
    'low_confidence',
  ],
  ['a model that is gone', [fenced(bug)], 'model_error'],
];

for (const [title, answers, reason] of unfit) {
  test(`${title} does not succeed`, { skip }, async (t) => {
    const story = new RunStory(port, answers, { tests_text });
    const run = await story.go();
    t.equal(run.status, 'failed');
    t.equal(run.outcome?.reason, reason, run.outcome?.detail ?? '');
    t.equal(run.outcome?.best, 1);
  });
}

test('a fix that does not compile is asked for once more, with the reason', { skip }, async (t) => {
  const story = new RunStory(port, [fenced(bug), reviewOf('def add(a, b:\n'), reviewOf(good)], { tests_text });
  const run = await story.go();
  t.equal(run.outcome?.reason, 'solved');
  t.match(story.questions[2]?.messages.at(-1)?.text, /does not compile: .*line 1/);
  const twice = new RunStory(port, [fenced(bug), reviewOf('def add(a, b:\n'), reviewOf('def')], { tests_text });
  const ended = await twice.go();
  t.equal(ended.outcome?.reason, 'stuck');
  t.equal(ended.candidates[0]?.review?.code, null);
});

test('an answer that is no review is asked for once more', { skip }, async (t) => {
  const story = new RunStory(port, [fenced(bug), 'It is the minus.', reviewOf(good)], { tests_text });
  t.equal((await story.go()).outcome?.reason, 'solved');
  const none = new RunStory(port, [fenced(bug), 'It is the minus.', '{"root_cause": 1}'], { tests_text });
  t.equal((await none.go()).outcome?.reason, 'model_error');
});

test('a hard task is planned, written part by part and merged', { skip }, async (t) => {
  const plan = (depends: string[]): string =>
    JSON.stringify({
      subtasks: [
        { id: 'one', title: 'one()', depends_on: [], complexity: 'simple' },
        { id: 'all', title: 'add(a, b)', depends_on: depends, complexity: 'simple' },
      ],
    });
  const answers = [
    '{"complexity": "hard", "confidence": 0.9}',
    plan(['none']),
    plan(['one']),
    fenced('from __future__ import annotations\nimport math\ndef one() -> int:\n    return int(math.cos(0))\n'),
    fenced('import math\nfrom one import one\ndef add(a, b):\n    return a + b * one()\n'),
  ];
  const story = new RunStory(port, answers, { tests_text, classify: 'model' });
  const run = await story.go();
  t.equal(run.outcome?.reason, 'solved', run.outcome?.detail ?? '');
  t.match(story.questions[2]?.messages.at(-1)?.text, /depends on none, which is no subtask/);
  t.match(story.questions[4]?.messages.at(-1)?.text, /def one\(\) -> int/);
  t.match(story.textOf(run.candidates[0]?.code), /^from __future__ import annotations\nimport math\n\n\ndef one/);
  const bad = new RunStory(port, ['{"complexity": "hard", "confidence": 0.9}', plan(['none']), plan(['all'])], {
    tests_text,
    classify: 'model',
  });
  t.equal((await bad.go()).outcome?.reason, 'plan_invalid');
});

test('nothing of the tests is in what a model is asked', { skip }, async (t) => {
  const canaries = ['canary_name', 'canary_comment', 'canary_text', 'canary_value'];
  const secret = `# canary_comment\ncanary_name = "canary_text"\ndef test_canary_name():\n    canary_value = add(1, 2); assert canary_value == 3, "the sum is wrong"\n`;
  const leaking = 'import traceback, sys\ndef add(a, b):\n    print("called", a, b)\n    raise ValueError("mine")\n';
  const quoting = `def add(a, b):\n    import inspect, sys\n    print(${JSON.stringify(secret.split('\n')[3])})\n    return 0\n`;
  const story = new RunStory(port, [fenced(leaking), reviewOf(quoting), reviewOf(good)], { tests_text: secret });
  const run = await story.go();
  t.equal(run.outcome?.reason, 'solved', run.outcome?.detail ?? '');
  const asked = story.questions.flatMap(({ messages }) => messages.filter(({ role }) => role !== 'assistant'));
  const shown = asked
    .map(({ text }) => text)
    .join('\n')
    .replaceAll(quoting, '');
  for (const canary of canaries) t.notMatch(shown, canary);
  t.match(shown, /ValueError: mine/);
  t.match(shown, /line 4: raise ValueError/);
  t.match(shown, /AssertionError: the sum is wrong/);
  t.match(shown, /called 1 2/);
  t.match(shown, /\[a line of the tests\]/);
});

test('a sandbox that breaks is rested for and tried again, and the code is not blamed', { skip }, async (t) => {
  let broken = 2;
  const shaky: Pick<SandboxPort, 'run'> = {
    run: (request) =>
      broken-- > 0
        ? sandboxThat(() => ({ verdict: 'sandbox_error', exitCode: null, trouble: 'gone' })).run(request)
        : port.run(request),
  };
  const story = new RunStory(shaky, [fenced(good)], { tests_text });
  const run = await story.go();
  t.equal(run.outcome?.reason, 'solved');
  t.equal(stepsOf(story).filter((kind) => kind === 'rest').length, 2);
  const gone = new RunStory(
    sandboxThat(() => ({ verdict: 'sandbox_error', trouble: 'gone' })),
    [fenced(good)],
    { tests_text },
  );
  const ended = await gone.go();
  t.equal(ended.outcome?.reason, 'sandbox_error');
  t.equal(ended.candidates[0]?.execution, null);
});

test('a sandbox that broke and is not there at all for a while is rested for as well', { skip }, async (t) => {
  let times = 0;
  const shaky: Pick<SandboxPort, 'run'> = {
    run(request) {
      times += 1;
      if (times === 1) return sandboxThat(() => ({ verdict: 'sandbox_error', trouble: 'gone' })).run(request);
      if (times < 4) return Promise.reject(new SandboxUnavailable([{ tier: 'docker', reason: 'not here' }]));
      return port.run(request);
    },
  };
  const story = new RunStory(shaky, [fenced(good)], { tests_text });
  t.match((await story.go()).outcome, { reason: 'solved', best: 1 });
  t.equal(stepsOf(story).filter((kind) => kind === 'rest').length, 3);
});

test('where no sandbox works, a run ends and runs nothing', async (t) => {
  const none = { run: () => Promise.reject(new SandboxUnavailable([{ tier: 'docker', reason: 'not here' }])) };
  const run = await new RunStory(none, [fenced(good)], { tests_text }).go();
  t.match(run.outcome, { reason: 'sandbox_unavailable', detail: /docker: not here/ });
});

test('tests that are none end a run without blaming the code', { skip }, async (t) => {
  const run = await new RunStory(port, [fenced(good)], { tests_text: 'assert (' }).go();
  t.equal(run.outcome?.reason, 'tests_invalid');
  t.equal(run.candidates[0]?.execution?.error_class, null);
});

test('the same state asks the same', { skip }, async (t) => {
  const asked = async (): Promise<string> => {
    const story = new RunStory(port, [fenced(bug), reviewOf(good)], { tests_text });
    await story.go();
    return contentOf(JSON.stringify(story.questions.map(({ messages }) => messages))).sha256;
  };
  t.equal(await asked(), await asked());
});

test('the sandbox is closed', { skip }, () => port.close());
