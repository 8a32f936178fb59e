import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'tap';
import { openScripted, openScripts } from '../../models/scripted.ts';
import { failureBy, questionOf } from '../support/model-server.ts';

test('a script answers by purpose and turn, by what is asked, and in its own order', async (t) => {
  const model = openScripted({
    answers: [
      { contains: ['sum', 'two'], text: 'a sum' },
      { purpose: 'review', nth: 2, json: { fix: 'b' } },
      { purpose: 'review', text: 'any review' },
    ],
  });
  const ask = async (text: string, purpose: string, nth = 1) =>
    (await model.ask(questionOf(text, { purpose, nth }))).text;
  t.equal(await ask('the sum of two', 'code'), 'a sum');
  t.equal(await ask('x', 'review', 1), 'any review');
  t.equal(await ask('x', 'review', 2), '{"fix":"b"}');
  t.equal(await ask('x', 'review', 2), '{"fix":"b"}', 'the same question gets the same answer');
  const failure = await failureBy(() => ask('the sum of three', 'code'));
  t.match(failure, { kind: 'rejected', isFree: true });
});

test('a script fails as often as it says', async (t) => {
  const model = openScripted({
    answers: [{ fail: { kind: 'limited', retry_after_ms: 20, times: 2 } }, { text: 'at last', counts: false }],
  });
  for (const _ of [1, 2]) {
    t.match(await failureBy(() => model.ask(questionOf('x'))), { kind: 'limited', retryAfterMs: 20, isFree: true });
  }
  t.match(await model.ask(questionOf('x')), { text: 'at last', tokens: null });
});

test('a script speaks in pieces, takes its time, and can be withdrawn', async (t) => {
  const text = 'abc'.repeat(60);
  const model = openScripted({ answers: [{ text, delay_ms: 40 }] });
  const pieces: string[] = [];
  const begun = performance.now();
  const answer = await model.ask(questionOf('x', { onText: (piece) => pieces.push(piece) }));
  t.ok(performance.now() - begun >= 35);
  t.ok(pieces.length > 1);
  t.equal(pieces.join(''), text);
  t.same(answer.tokens, { input: 4, cached: 0, output: 45, reasoning: 0 });
  const failure = await failureBy(() => model.ask(questionOf('x', { signal: AbortSignal.abort() })));
  t.equal(failure.kind, 'aborted');
});

test('scripts lie in a folder, by the names of models, and what is none answers nothing', async (t) => {
  const folder = t.testdir({ 'demo.json': '{"answers":[{"text":"well"}]}', 'bad.json': '{"answers":[]}' });
  await writeFile(path.join(path.dirname(folder), 'outside.json'), '{"answers":[{"text":"never"}]}');
  const model = openScripts(folder);
  t.equal((await model.ask(questionOf('x', { model: 'demo' }))).text, 'well');
  for (const name of ['bad', 'none', '../outside', 'demo.json']) {
    const failure = await failureBy(() => model.ask(questionOf('x', { model: name })));
    t.match(failure, { kind: 'rejected', isFree: true }, name);
  }
});

test('a script that is put there or changed later is the one that answers', async (t) => {
  const folder = t.testdir({});
  const model = openScripts(folder);
  const write = (answers: readonly object[]): Promise<void> =>
    writeFile(path.join(folder, 'demo.json'), JSON.stringify({ answers }));
  const ask = async () => (await model.ask(questionOf('x', { model: 'demo' }))).text;
  t.match(await failureBy(ask), { kind: 'rejected' });
  await write([{ fail: { kind: 'limited', times: 1 } }, { text: 'first' }]);
  t.match(await failureBy(ask), { kind: 'limited' });
  t.equal(await ask(), 'first');
  await write([{ text: 'second' }]);
  t.equal(await ask(), 'second');
});
