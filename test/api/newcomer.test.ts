import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import { documentedRoutes } from '../../api/platform/documents.ts';
import { templateOf } from '../../api/route.ts';
import { type Action, Newcomer } from '../support/newcomer.ts';
import { newAuthenticator, testPlace } from '../support/person.ts';
import { startTestServer } from '../support/server.ts';

async function hire(person: Newcomer, role: 'agent' | 'orchestrator'): Promise<Newcomer> {
  const { id: agent_id } = await person.do('create_agent');
  await person.do('mint_root', { role, agent_id, expires_in: 3_600 });
  const hired = person.handOver();
  await hired.do('whoami');
  return hired;
}

test('who knows one address gets from signup to a verified story by what the answers offer', async (t) => {
  const server = await startTestServer(t, { origins: [testPlace.origin] });
  const person = new Newcomer(server.url, newAuthenticator());
  await person.arrive();
  t.same(person.offered, ['open_signup', 'whoami']);
  await person.do('open_signup');
  await person.do('signup');
  t.same(person.offered, ['whoami']);
  t.match(await person.do('whoami'), { role: 'user', tenant: { slug: /./ } });
  for (const step of ['create_project', 'create_epic', 'create_story']) await person.do(step);
  const worker = await hire(person, 'agent');
  const reviewer = await hire(person, 'agent');
  const verifier = await hire(person, 'orchestrator');
  for (const step of ['look_at_ready_story', 'contract', 'claim', 'start', 'request_review']) await worker.do(step);
  t.match(worker.answer, { agent_status: 'in_review', custody: { reviewer: {} } });
  for (const step of ['look_at_own_story', 'report', 'review_complete']) await reviewer.do(step);
  for (const step of ['look_at_own_story', 'verify']) await verifier.do(step);
  t.match(verifier.answer, { verified_status: 'verified', verified_method: 'attested' });
  await t.test('who has no part in any story has none to look at', async (t) => {
    const idle = await hire(person, 'agent');
    await t.rejects(idle.do('look_at_own_story'), { message: /^nothing to choose for story_id/ });
    await t.rejects(idle.do('create_project'), { message: /^create_project is not offered/ });
  });
});

test('the client of this spec knows no route of the API', async (t) => {
  for (const file of ['../support/newcomer.ts', 'newcomer.test.ts']) {
    const text = await readFile(new URL(file, import.meta.url), 'utf8');
    t.notMatch(text, ['', 'api', 'v1'].join('/'));
  }
});

interface Led {
  readonly next_actions: readonly (Action & { readonly learn_more: string; readonly optional_body: string[] })[];
}

test('every action that is offered is a route as it is declared, and takes what its body takes', async (t) => {
  const server = await startTestServer(t);
  const { userKey } = await server.found();
  const answers = [
    await server.say('GET', '/.well-known/loopledger'),
    await server.say('GET', ['', 'api', 'v1', 'whoami'].join('/'), { key: userKey }),
  ];
  const actions = answers.flatMap(({ body }) => (body as unknown as Led).next_actions);
  t.equal(actions.length, 8);
  for (const { action, method, path, path_fields, required_body, optional_body, learn_more } of actions) {
    const operation = learn_more.split('#')[1];
    const route = documentedRoutes().find((one) => one.operation === operation);
    t.equal(route?.method, method, action);
    t.equal(templateOf(route?.url ?? ''), path, action);
    const named = [...Object.keys(required_body ?? {}), ...optional_body];
    t.same(named.toSorted(), Object.keys(route?.body?.properties ?? {}).toSorted(), action);
    for (const name of path.match(/(?<=\{)[a-z_]+(?=\})/g) ?? []) t.ok(name in path_fields, `${action} ${name}`);
  }
});
