import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { RunVoice } from '../../workers/run-voice.ts';

function listen(got = 1): { readonly told: unknown[][]; readonly voice: RunVoice } {
  const told: unknown[][] = [];
  const voice = new RunVoice((text) => {
    told.push(JSON.parse(text) as unknown[]);
    return Promise.resolve(got);
  });
  return { told, voice };
}

test('what a run says that nobody watches is sent to nobody', async (t) => {
  const { told, voice } = listen();
  voice.tell({ n: 1 });
  voice.isWatched = false;
  for (let n = 0; n < 1_000; n += 1) voice.tell({ n });
  await sleep(120);
  await voice.end();
  t.same(told, []);
});

test('what was said before it is known that somebody watches is sent', async (t) => {
  const { told, voice } = listen();
  voice.tell({ n: 1 });
  voice.isWatched = true;
  voice.tell({ n: 2 });
  await sleep(120);
  t.same(told, [[{ n: 1 }, { n: 2 }]]);
  voice.tell({ n: 3 });
  await voice.end();
  t.same(told.flat(), [{ n: 1 }, { n: 2 }, { n: 3 }], 'the last of it at the end');
});

test('much at once is dropped, and the newest waits for no more than a moment', async (t) => {
  const { told, voice } = listen();
  voice.isWatched = true;
  const text = 'x'.repeat(1_000);
  for (let n = 0; n < 500; n += 1) voice.tell({ n, text });
  await sleep(120);
  const [first] = told;
  t.equal(told.length, 1);
  t.ok(first !== undefined && first.length >= 25 && first.length <= 32, `${first?.length} pieces`);
  voice.tell({ n: 500 });
  await sleep(120);
  t.same(told[1], [{ n: 500 }]);
  await voice.end();
});

test('when nobody got it, nothing is sent until somebody has looked again', async (t) => {
  const { told, voice } = listen(0);
  voice.isWatched = true;
  voice.tell({ n: 1 });
  await sleep(120);
  voice.tell({ n: 2 });
  await sleep(120);
  t.equal(told.length, 1);
  voice.isWatched = true;
  voice.tell({ n: 3 });
  await sleep(120);
  t.same(told[1], [{ n: 3 }]);
  await voice.end();
});

test('a database that is away costs what was said and nothing else', async (t) => {
  let sent = 0;
  const voice = new RunVoice(() => {
    sent += 1;
    return Promise.reject(new Error('the database is away'));
  });
  voice.isWatched = true;
  voice.tell({ n: 1 });
  await sleep(120);
  voice.tell({ n: 2 });
  await sleep(120);
  t.equal(sent, 1, 'until somebody has looked again');
  voice.isWatched = true;
  voice.tell({ n: 3 });
  await t.resolves(voice.end());
  t.equal(sent, 2);
});
