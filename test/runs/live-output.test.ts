import { setTimeout } from 'node:timers/promises';
import { test } from 'tap';
import type { JsonObject } from '../../kernel/event.ts';
import { LiveOutput } from '../../runs/live-output.ts';

const word = 'a'.repeat(32);

function listen(): { told: JsonObject[]; live: LiveOutput } {
  const told: JsonObject[] = [];
  return { told, live: new LiveOutput((delta) => told.push(delta), word) };
}

const textOf = (told: readonly JsonObject[], stream: string): string =>
  told
    .filter((delta) => delta['stream'] === stream)
    .map((delta) => delta['text'] as string)
    .join('');

test('lines are told while the program runs, each once, however they are cut', async (t) => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const { told, live } = listen();
    const said = Buffer.from('first\nzwölf → 12\nhalf');
    for (let at = 0; at < said.length; at += size) live.add('stdout', said.subarray(at, at + size));
    live.add('stderr', Buffer.from('trouble\n'));
    t.same(told, [], 'not each piece by itself');
    await setTimeout(80);
    t.equal(textOf(told, 'stdout'), 'first\nzwölf → 12\n', `in pieces of ${size}`);
    t.equal(textOf(told, 'stderr'), 'trouble\n');
    live.add('stdout', Buffer.from(' a line'));
    live.end();
    t.equal(textOf(told, 'stdout'), 'first\nzwölf → 12\nhalf a line');
    t.equal(told.length, 3);
    t.match(told[0], { kind: 'output', stream: 'stdout', omitted: 0 });
  }
});

test('what the harness says is not told, nor its word', async (t) => {
  for (const own of ['', 'out\n', 'out']) {
    const { told, live } = listen();
    live.add('stdout', Buffer.from(`${own}\n${word} end 1 0 0 []\n`));
    await setTimeout(80);
    live.end();
    t.equal(textOf(told, 'stdout'), own);
    t.notMatch(JSON.stringify(told), word);
  }
  const { told, live } = listen();
  live.add('stdout', Buffer.from(`\n${word} en`));
  await setTimeout(80);
  live.add('stdout', Buffer.from('d 1 0 0 []\n'));
  live.end();
  t.notMatch(JSON.stringify(told), word, 'cut in the middle');
});

test('lines of the tests are not told, as by a traceback that quotes them', (t) => {
  const told: JsonObject[] = [];
  const live = new LiveOutput((delta) => told.push(delta), word, 'assert add(1, 2) == 3\nx = 1\n');
  live.add('stderr', Buffer.from('Traceback:\n    assert add(1, 2) == 3\nx = 1\n'));
  live.end();
  t.equal(textOf(told, 'stderr'), 'Traceback:\n[a line of the tests]\nx = 1\n');
  t.end();
});

test('of a flood a little is told, and how much is left out', async (t) => {
  const { told, live } = listen();
  const line = Buffer.from(`${'x'.repeat(99)}\n`);
  for (let count = 0; count < 10_000; count += 1) live.add('stdout', line);
  live.add('stderr', Buffer.from('y'.repeat(100_000)));
  await setTimeout(80);
  live.end();
  const omitted = told.reduce((sum, delta) => sum + (delta['omitted'] as number), 0);
  const chars = told.reduce((sum, delta) => sum + (delta['text'] as string).length, 0);
  t.ok(chars < 40_000, `${chars} are told`);
  t.equal(chars + omitted, 1_100_000, 'and every other one is counted');
});
