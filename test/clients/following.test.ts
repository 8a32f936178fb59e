// docs/following.md is run as it stands: its commands by a shell, its programs by Node in a folder from elsewhere.
import { test } from 'tap';
import { installClient, readSnippets, type Snippet } from '../support/client-package.ts';
import { startTestServer } from '../support/server.ts';
import { planWork } from '../support/work-client.ts';

/** What the reader of the page has. */
const prelude = `
const { URL: url = '', KEY: key = '', SECRET = '', SIGNED = '' } = process.env;
const secrets = [SECRET];
const { headers: signedHeaders = {}, body = '' } = SIGNED === '' ? {} : JSON.parse(SIGNED);
const request = new Request('http://receiver.example', { method: 'POST', headers: signedHeaders, body });
const handled: number[] = [];
const remembered = async (): Promise<string> => '0';
const handle = async ({ position }: { readonly position: number }): Promise<void> => void handled.push(position);
const remember = async (cursor: string): Promise<void> => {
  if (handled.length === 0 && process.env['EVENTS'] !== '0') return;
  process.stdout.write(JSON.stringify({ handled, cursor }));
  process.exit(0);
};
`;

interface Told {
  readonly handled: readonly number[];
  readonly cursor: string;
}

const isOf = (language: string, section: string) => (snippet: Snippet) =>
  snippet.language === language && snippet.section === section;

test('every command of docs/following.md does what it says', async (t) => {
  const server = await startTestServer(t);
  const { userKey, agentKey } = await planWork(server);
  const elsewhere = await installClient(t);
  const env = { URL: server.url, KEY: agentKey, USER_KEY: userKey, HOME: elsewhere.folder };
  const commands = (await readSnippets('docs/following.md')).filter(({ language }) => language === 'sh');
  const said = new Map<string, string>();
  for (const { section, text } of commands) {
    const endless = text.includes('text/event-stream') ? `${text.trim()} || test $? = 28` : text;
    // Feeds that never end are given a few seconds, and a refusal is an error.
    await elsewhere.write('.curlrc', `max-time = ${endless === text ? 60 : 4}\nfail\nsilent\n`);
    said.set(section, (await elsewhere.shell(endless.replace('since=now', 'since=0'), env)).stdout);
  }
  t.same(
    [...said.keys()],
    [
      'Long poll',
      'Server-sent events',
      'WebSocket',
      'Beginning with the present',
      'Keeping a cursor on the server',
      'Webhooks',
    ],
  );
  t.match(JSON.parse(said.get('Long poll') ?? ''), { data: [{ type: 'story.created' }], has_more: false });
  t.match(said.get('Server-sent events'), /^id: .+\n(?:event: .+\n)?data: \{/m);
  t.match(JSON.parse(said.get('WebSocket') ?? ''), { ticket: /./ });
  t.match(said.get('Beginning with the present'), /\{"type":\s?"end"/);
  t.match(JSON.parse(said.get('Keeping a cursor on the server') ?? ''), { name: 'board', lag: 0 });
  t.match(JSON.parse(said.get('Webhooks') ?? ''), { event_types: ['story.*'], secret: /^whsec_/ });
});

test('every program of docs/following.md compiles and does what it says', async (t) => {
  const server = await startTestServer(t);
  const { agentKey: key, say } = await planWork(server);
  await say('PUT', '/consumers/board/checkpoint', { key, body: { cursor: '0' } });
  const head = (await say('GET', '/changes?since=now', { key })).body['head'] as number;
  const elsewhere = await installClient(t);
  const snippets = await readSnippets('docs/following.md');
  const run = async (section: string, env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const [snippet, ...others] = snippets.filter(isOf('ts', section));
    t.same(others, [], `${section}: one program`);
    const name = `${section.toLowerCase().replaceAll(/\W+/g, '-')}.ts`;
    await elsewhere.write(name, `${snippet?.text ?? ''}${prelude}`.replace(/^([\s\S]*)$/, hoisted));
    t.equal(await elsewhere.compile(name), '', `${section}: the compiler has nothing to say`);
    return (await elsewhere.node(name, { URL: server.url, KEY: key, ...env })).stdout;
  };
  for (const section of ['Long poll', 'WebSocket', 'Server-sent events']) {
    const { handled, cursor } = JSON.parse(await run(section)) as Told;
    t.same(handled[0], 1, section);
    t.same(
      handled,
      handled.toSorted((one, other) => one - other),
    );
    const after = await say('GET', `/changes?since=${encodeURIComponent(cursor)}`, { key });
    t.equal(after.body.data[0]?.['position'] ?? head + 1, handled.length + 1, `${section}: the cursor leads on`);
  }
  const snapshot = await run('Beginning with the present', { EVENTS: '0' });
  t.equal(snapshot.match(/^story /gm)?.length, 4);
  t.match(await run('Keeping a cursor on the server', { EVENTS: '0' }), /"cursor":/);
});

/** What the reader has stands before what the page says, and imports before both. */
function hoisted(text: string): string {
  const [code = ''] = text.split(prelude);
  const imports = /^(?:import .*\n)*/.exec(code)?.[0] ?? '';
  return `${imports}${prelude}${code.slice(imports.length)}\nexport {};\n`;
}
