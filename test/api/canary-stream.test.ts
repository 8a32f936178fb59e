// What one tenant hears on streams while another one writes: its own log, and not a mark of the other's.
import { type Test, test } from 'tap';
import { openHost } from '../hardening/host.ts';
import { leaksOf } from '../hardening/leaks.ts';
import { type Party, seed } from '../hardening/party.ts';
import { openStream } from '../support/stream-client.ts';
import { until } from '../support/workers.ts';

/** All that server-sent events say, as it comes. */
async function listen(t: Test, url: string, key: string): Promise<{ text(): string }> {
  const leaving = new AbortController();
  t.teardown(() => leaving.abort());
  const response = await fetch(`${url}/api/v1/changes?since=0`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    signal: leaving.signal,
  });
  let text = '';
  const reading = async (): Promise<void> => {
    for await (const part of response.body ?? []) text += Buffer.from(part).toString();
  };
  reading().catch(() => undefined);
  return { text: () => text };
}

test('streams of one tenant carry no mark of another, from the past or as it is written', async (t) => {
  const host = await openHost(t);
  const [a, b] = [await host.found(), await host.found()];
  const write = (party: Party) => seed({ line: host.line, routes: host.routes, party });
  await Promise.all([write(a), write(b)]);
  const follow = async ({ founded: { userKey: key } }: Party) => {
    const events = await listen(t, host.url, key);
    const socket = await openStream(host.url, { key });
    t.teardown(() => socket.ws.terminate());
    socket.say({ op: 'sub', id: 'all', since: '0' });
    socket.say({ op: 'sub', id: 'theirs', since: '0', where: { project_id: [...b.uuids].slice(0, 50) } });
    for (const id of [...b.uuids].slice(0, 20)) socket.say({ op: 'join', topic: `run:${id}` });
    await socket.next('live');
    return { events: events.text, socket: () => JSON.stringify(socket.heard) };
  };
  const [mine, theirs] = [await follow(a), await follow(b)];
  const written = b.marks.size;
  await write(b);
  const late = [...b.marks].slice(written);
  const has = (text: string): boolean => late.some((mark) => text.includes(mark));
  await until('the other one hears itself', () => has(theirs.events()) && has(theirs.socket()));
  await write(a);
  const own = [...a.marks].slice(-20);
  const heard = [mine.events, mine.socket];
  await until('one hears itself', () => heard.every((text) => own.some((mark) => text().includes(mark))));
  for (const text of heard) t.same(leaksOf(b, text(), ''), []);
  t.ok(leaksOf(b, theirs.socket(), '').length > 0, 'a leak would be seen');
});
