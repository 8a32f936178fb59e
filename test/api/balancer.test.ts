import { test } from 'tap';
import { createProject } from '../../commands/project.ts';
import { newId } from '../../kernel/id.ts';
import { skipWithoutBalancer, startBalancer } from '../support/balancer.ts';
import { createTestDatabase } from '../support/database.ts';
import { plantKey, readerOf, startProcess } from '../support/feed.ts';
import { request } from '../support/ledger.ts';
import { openStream } from '../support/stream-client.ts';

test(
  'behind the balancer of the document a key stays with a process, hears at once, and goes on when that one is gone',
  { skip: skipWithoutBalancer },
  async (t) => {
    const urls = await createTestDatabase(t);
    const processes = [await startProcess(t, urls, { listens: true }), await startProcess(t, urls, { listens: true })];
    const url = await startBalancer(
      t,
      processes.map((process) => process.url),
    );
    const tenantId = newId();
    const keys = await Promise.all(Array.from({ length: 16 }, () => plantKey(urls, tenantId)));
    const homes = new Map<string, string>();
    for (const key of keys) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => readerOf(url, key)('since=0')));
      t.same([...new Set(answers.map(({ status }) => status))], [200]);
      const [home = '', ...others] = new Set(answers.map(({ headers }) => headers.get('x-upstream') ?? ''));
      t.same(others, [], 'one process answers one key');
      homes.set(key, home);
    }
    t.equal(new Set(homes.values()).size, 2, 'keys are shared out among the processes');

    const key = keys[0] as string;
    const socket = await openStream(url, { key });
    await socket.next('ready');
    socket.say({ op: 'sub', id: 'a', since: '0' });
    await socket.next('live');
    const changes = readerOf(url, key);
    const waiting = changes('since=0&wait=30');
    const authorization = `Bearer ${key}`;
    const events = await fetch(`${url}/api/v1/changes?since=0`, {
      headers: { authorization, accept: 'text/event-stream' },
    });
    const home = processes.find((process) => process.url.endsWith(homes.get(key) ?? '?'));
    const other = processes.find((process) => process !== home);
    await other?.ledger.execute(request(tenantId, createProject, { project_id: newId(), name: 'P', slug: 'p' }));
    t.match((await waiting).body, { data: [{ position: 1 }] });
    t.match(await socket.next('events'), { events: [{ position: 1 }] });
    t.match(await firstEvent(events), { position: 1 });

    socket.ws.close();
    await home?.close();
    const { status, headers } = await changes('since=0');
    t.equal(status, 200);
    t.not(headers.get('x-upstream'), homes.get(key), 'another process answers');
  },
);

async function firstEvent(answer: Response): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const [, data] = /^data: ?(\S.*)$/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`no event came: ${text}`);
}
