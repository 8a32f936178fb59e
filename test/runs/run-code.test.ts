// A model that tries programs before it answers: real steps and a real sandbox, and answers from a list.
import { test } from 'tap';
import type { SandboxPort } from '../../sandbox/port.ts';
import { SandboxUnavailable } from '../../sandbox/chain.ts';
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
const trying = (code: string) => ({ text: '', calls: [{ name: 'run_code', arguments: { code } }] });

function usesOf(story: RunStory): RunStory['history']['facts'] {
  return story.history.facts.filter(({ kind }) => kind.type === 'run.tool_used');
}

test('a coder tries a program, is told what it wrote, and answers', { skip }, async (t) => {
  const story = new RunStory(port, [trying('print(6 * 7)'), fenced(good)], { tests_text, tools: ['run_code'] });
  const run = await story.go();
  t.match(run.outcome, { reason: 'solved', best: 1 });
  t.equal(run.calls, 2);
  const [use] = usesOf(story);
  t.match(use?.data, { purpose: 'code', tool: 'run_code', tier: 'bubblewrap', verdict: 'ok' });
  const [asked, called, told] = story.questions[1]?.messages.slice(-3) ?? [];
  t.equal(asked?.role, 'user');
  t.match(called, { role: 'assistant', calls: [{ id: 'use_1', name: 'run_code' }] });
  t.match(told, { role: 'tool', id: 'use_1', text: /ended with ok, exit code 0.*42/s });
  t.same(run.uses, {}, 'nothing of it is kept for another step');
});

test('a reviewer tries what failed, which lies beside its program', { skip }, async (t) => {
  const program = 'from solution import add\nprint("sum", add(1, 2))';
  const story = new RunStory(port, [fenced(bug), trying(program), reviewOf(good)], { tests_text, tools: ['run_code'] });
  t.match((await story.go()).outcome, { reason: 'solved', best: 2 });
  t.match(usesOf(story)[0]?.data, { purpose: 'review', verdict: 'ok' });
  t.match(story.questions[2]?.messages.at(-1)?.text, /sum -1/);
  t.notMatch(JSON.stringify(story.questions), 'assert add', 'no test is shown');
});

test('a tool is offered where the run asked for it alone', { skip }, async (t) => {
  const story = new RunStory(port, [fenced(bug), reviewOf(good)], { tests_text });
  await story.go();
  t.same(
    story.questions.map(({ tools }) => tools),
    [undefined, undefined],
  );
});

test('the same program is run once in a step', { skip }, async (t) => {
  const again = trying('print(1)');
  const story = new RunStory(port, [again, again, fenced(good)], { tests_text, tools: ['run_code'] });
  t.match((await story.go()).outcome, { reason: 'solved' });
  t.equal(usesOf(story).length, 1);
  t.match(story.questions[2]?.messages.at(-1)?.text, /What it wrote:\n1/);
});

test('a model that calls its tool without end is stopped, with what it did told', { skip }, async (t) => {
  const calls = Array.from({ length: 12 }, (_, at) => trying(`print(${at})`));
  const story = new RunStory(port, calls, { tests_text, tools: ['run_code'] });
  const run = await story.go();
  t.match(run.outcome, { reason: 'model_error', detail: /again and again/ });
  t.equal(usesOf(story).length, 6);
  t.match(story.questions.at(-1)?.messages.at(-1)?.text, /was not run/);
  t.ok(run.calls <= 8, `${run.calls} calls`);
});

test('without a sandbox a model is told so and answers', async (t) => {
  const missing = {
    run: () => Promise.reject(new SandboxUnavailable([{ tier: 'bubblewrap', reason: 'nothing works here' }])),
  };
  const broken = sandboxThat(() => ({ verdict: 'sandbox_error', exitCode: null, trouble: 'the engine is gone' }));
  for (const sandbox of [missing, broken]) {
    const story = new RunStory(sandbox, [trying('print(1)'), fenced(good)], { tests_text, tools: ['run_code'] });
    await story.go();
    t.match(story.questions[1]?.messages.at(-1)?.text, /could not be run here/);
    t.match(usesOf(story)[0]?.data, { tool: 'run_code' });
  }
});

test('what a program may do is bounded like all that is not trusted', { skip }, async (t) => {
  const endless = trying('while True:\n    print("x" * 1000)\n');
  const story = new RunStory(port, [endless, fenced(good)], { tests_text, tools: ['run_code'] });
  t.match((await story.go()).outcome, { reason: 'solved' });
  const told = story.questions[1]?.messages.at(-1)?.text ?? '';
  t.match(told, /ended with (?:output_limit|timeout)/);
  t.ok(told.length < 5_000, `${told.length} characters`);
});
