import { Type } from 'typebox';
import { test } from 'tap';
import { askFor, readCode, readJson } from '../../runs/answer.ts';
import { firstThresholds } from '../../events/model-routing.ts';
import { judgeTask } from '../../runs/classify.ts';
import { entryOf } from '../../runs/execute.ts';
import { errorClassOf, failureDigestOf, type Judged } from '../../runs/failure.ts';
import { instructions } from '../../runs/instruction.ts';
import { faultOfPlan, type Subtask } from '../../runs/subtask.ts';
import { withoutLinesOf } from '../../runs/tests-text.ts';
import { modelPurposes } from '../../events/run-fact.ts';

test('code is the longest block of the language', (t) => {
  const text =
    'Like this:\n```js\nlong but of another language, as can be seen\n```\n```python\nx = 1\n```\n```py\nx = 1\ny = 2\n```';
  t.same(readCode('python', text), { answer: 'x = 1\ny = 2\n' });
  t.same(readCode('python', 'x = 1'), { answer: 'x = 1\n' });
  t.same(readCode('python', '```python\nx = 1\nnever closed'), { answer: 'x = 1\nnever closed\n' });
  t.match(readCode('python', '```python\n```'), { fault: /no code/ });
  t.match(readCode('python', ' \n'), { fault: /no code/ });
  t.match(readCode('python', 'x'.repeat(200_001)), { fault: /longer/ });
  t.end();
});

test('JSON is read fenced and bare, and nothing else is', (t) => {
  const shape = Type.Object({ a: Type.Integer() }, { additionalProperties: false });
  t.same(readJson(shape, '```json\n{"a": 1}\n```'), { answer: { a: 1 } });
  t.match(readJson(shape, '{"a": "1"}'), { fault: /not of the shape: \/a/ });
  t.match(readJson(shape, '{"a": 1, "b": 2}'), { fault: /not of the shape/ });
  t.match(readJson(shape, '{"a": '), { fault: /no JSON/ });
  t.match(readJson(shape, '{a: 1}'), { fault: /cannot be read/ });
  t.end();
});

test('who answers badly is asked once more and told why', async (t) => {
  const asked: string[] = [];
  const answers = ['bad', 'bad again', 'good'];
  const ask = (question: { messages: readonly { text: string }[] }): Promise<{ text: string }> => {
    asked.push(question.messages.at(-1)?.text ?? '');
    return Promise.resolve({ text: answers[asked.length - 1] ?? '' });
  };
  const question = { purpose: 'plan', promptVersion: 'v', messages: [], maxOutputTokens: 1 } as const;
  const read = (text: string) => (text === 'good' ? { answer: text } : { fault: `${text} is not good` });
  t.same(await askFor({ ask }, question, read), { fault: 'bad again is not good' });
  t.equal(asked.length, 2);
  t.match(asked[1], /^bad is not good/);
});

test('a plan knows its parts, has no circle, and ends with what puts it together', (t) => {
  const part = (id: string, ...depends_on: string[]): Subtask => ({ id, title: id, depends_on, complexity: 'simple' });
  t.equal(faultOfPlan([part('a'), part('b', 'a'), part('c', 'b')]), null);
  t.match(faultOfPlan([part('a'), part('a')]), /same id/);
  t.match(faultOfPlan([part('a', 'x'), part('b', 'a')]), /x, which is no subtask/);
  t.match(faultOfPlan([part('a', 'b'), part('b', 'a')]), /circle/);
  t.match(faultOfPlan([part('a', 'a'), part('b', 'a')]), /circle/);
  t.match(faultOfPlan([part('a'), part('b'), part('c', 'b')]), /does not depend on a/);
  t.end();
});

test('how hard a task is shows in its text', (t) => {
  t.match(judgeTask('Write add(a, b).', firstThresholds), { complexity: 'simple', confidence: 0.95 });
  const medium = `Write three functions.\n- def load(path)\n- def count(words)\n- def report(counts)\nEach handles errors. ${'It is described at length. '.repeat(20)}`;
  t.equal(judgeTask(medium, firstThresholds).complexity, 'medium');
  t.equal(
    judgeTask(
      `${medium} Then a parser and an interpreter with a cache for a protocol server. ${'More. '.repeat(150)}`,
      firstThresholds,
    ).complexity,
    'hard',
  );
  t.equal(judgeTask(medium, { medium: 20, hard: 30 }).complexity, 'simple');
  t.equal(judgeTask('Write add(a, b).', { medium: 0, hard: 30 }).complexity, 'medium');
  t.equal(judgeTask('Write add(a, b).', { medium: 0, hard: 0 }).complexity, 'hard');
  t.end();
});

test('every purpose has its instructions, each with a version of its own', (t) => {
  t.same(Object.keys(instructions).sort(), [...modelPurposes].sort());
  t.equal(new Set(Object.values(instructions).map(({ version }) => version)).size, modelPurposes.length);
  t.end();
});

function judged(message: string, change: Partial<Judged> = {}): Judged {
  const failures = [{ name: 'test', type: 'ValueError', message, line: 3, frames: [{ line: 1, in: 'f' }] }];
  const report = { stage: 'end', passed: 0, failed: 0, errors: 1, failures } as const;
  return { report, verdict: 'nonzero', exitCode: 1, stderr: '', ...change };
}

test('a failure has the same name when only addresses, lines and times differ', (t) => {
  const one = failureDigestOf(judged('<A at 0x7f01> in solution.py:3, line 12, after 1.5 ms'));
  t.equal(one, failureDigestOf(judged('<A at 0x7fff> in solution.py:9, line 99, after 20 ms')));
  t.not(one, failureDigestOf(judged('<B at 0x7f01> in solution.py:3, line 12, after 1.5 ms')));
  const killed = { report: null, verdict: 'timeout_wall', exitCode: null } as const;
  t.equal(failureDigestOf(judged('', killed)), failureDigestOf(judged('x', killed)));
  t.not(failureDigestOf(judged('', killed)), failureDigestOf(judged('', { ...killed, verdict: 'oom' })));
  t.end();
});

test('every end has its class', (t) => {
  t.equal(errorClassOf(judged('x')), 'runtime');
  t.equal(errorClassOf(judged('x', { verdict: 'timeout_cpu' })), 'timeout');
  t.equal(errorClassOf(judged('x', { verdict: 'oom', report: null })), 'memory');
  t.equal(errorClassOf(judged('x', { report: null })), 'runtime');
  t.equal(errorClassOf(judged('there is no file x')), 'import');
  const typed = (type: string, stage: 'end' | 'syntax' = 'end'): Judged => {
    const failures = [{ name: '', type, message: '', line: null, frames: [] }];
    return judged('', { report: { stage, passed: 0, failed: 1, errors: 0, failures } });
  };
  t.equal(errorClassOf(typed('AssertionError')), 'logic');
  t.equal(errorClassOf(typed('ModuleNotFoundError')), 'import');
  t.equal(errorClassOf(typed('MemoryError')), 'memory');
  t.equal(errorClassOf(typed('IndentationError', 'syntax')), 'syntax');
  t.end();
});

test('the function that a prompt leaves open is known', (t) => {
  t.equal(entryOf('def helper(x):\n    return x\n\ndef wanted(a):\n    """Does it."""\n'), 'wanted');
  t.equal(entryOf('Write a function.'), null);
  t.end();
});

test('lines of tests are taken out of what is shown', (t) => {
  const tests = 'assert add(1, 2) == 3\nx=1\n';
  t.equal(withoutLinesOf(tests, 'E   assert add(1, 2) == 3\nfine\nx=1'), '[a line of the tests]\nfine\nx=1');
  t.equal(withoutLinesOf('', 'all'), 'all');
  t.end();
});
