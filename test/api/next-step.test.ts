import { test } from 'tap';
import { setQuotas } from '../../commands/tenant.ts';
import { systemActor } from '../../kernel/actor.ts';
import { foundTenantOn } from '../../boot/found-tenant.ts';
import { newId } from '../../kernel/id.ts';
import { mintRoot } from '../support/dispatch.ts';
import { request } from '../support/ledger.ts';
import { type Body, startTestServer } from '../support/server.ts';
import { openShop, type Shop } from '../support/shop.ts';

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly stepUp?: true;
}

let made = 0;
const fresh = (): string => `made-${(made += 1)}`;

/** One call of each step, such as a caller would make it. */
async function attemptsOf({ server, plan }: Shop, own: string | null): Promise<Record<string, Attempt>> {
  const [story] = plan.stories as [Body];
  const agent = await server.say('POST', '/api/v1/agents', { key: plan.userKey, body: { name: fresh() } });
  const sent = { role: 'agent', agent_id: agent.body.id, expires_in: 60 };
  const look = { method: 'GET', path: `/api/v1/stories/${story.id}/next-actions` };
  const post = (path: string, body: object) => ({ method: 'POST', path: `/api/v1${path}`, body });
  return {
    create_agent: post('/agents', { name: fresh() }),
    mint_root: { ...post('/dispatches', { ...sent, parent: null }), stepUp: true },
    send_agent: post('/dispatches', { ...sent, parent: own ?? newId() }),
    create_project: post('/projects', { name: 'P', slug: fresh() }),
    create_epic: post(`/projects/${String(story['project_id'])}/epics`, { title: 'E' }),
    create_story: post(`/epics/${String(story['epic_id'])}/stories`, { title: 'S' }),
    look_at_ready_story: look,
    look_at_own_story: own === null ? { method: 'GET', path: '/api/v1/nothing' } : look,
  };
}

async function offeredTo({ server }: Shop, key: string): Promise<string[]> {
  const { body } = await server.say('GET', '/api/v1/whoami', { key });
  return (body['next_actions'] as { readonly action: string }[]).map(({ action }) => action);
}

async function succeedFor(shop: Shop, key: string, own: string | null): Promise<string[]> {
  const done: string[] = [];
  for (const [step, { method, path, stepUp, ...said }] of Object.entries(await attemptsOf(shop, own))) {
    // Only a person has something to confirm with.
    const person = stepUp === true && key === shop.plan.userKey ? { stepUp: shop.plan.authenticator } : {};
    const { status } = await shop.server.say(method, path, { key, ...said, ...person });
    if (status < 300) done.push(step);
  }
  return done;
}

test('the steps that whoami offers are those that succeed, for every kind of caller', async (t) => {
  const server = await startTestServer(t, { ratePerKey: null, ratePerTenant: null });
  const shop = await openShop(server);
  const { tenantId, userKey, orchestratorKey, agentKey } = shop.plan;
  const [story] = shop.plan.stories as [Body];
  const scoped = (role: 'agent' | 'orchestrator') => mintRoot(server.ledger, { tenantId, role, story_id: story.id });
  const sent = await Promise.all([shop.send('orchestrator'), shop.send('agent')]);
  const forOne = await Promise.all([scoped('orchestrator'), scoped('agent')]);
  const callers: [string, string, string | null][] = [
    ['a user', userKey, null],
    ['an orchestrator without a dispatch', orchestratorKey, null],
    ['an agent without a dispatch', agentKey, null],
    ...sent.map(({ key, dispatchId }): [string, string, string] => ['a root', key, dispatchId]),
    ...forOne.map(({ secret, dispatchId }): [string, string, string] => ['a root for one story', secret, dispatchId]),
  ];
  const counts: number[] = [];
  for (const [who, key, own] of callers) {
    const offered = await offeredTo(shop, key);
    t.same(offered, await succeedFor(shop, key, own), who);
    counts.push(offered.length);
  }
  t.same(counts, [6, 5, 1, 7, 3, 3, 3]);
  await t.test('what a quota refuses is not offered', async (t) => {
    const command = { tenant_id: tenantId, max_stories: 1, max_dispatches: 1 };
    await server.ledger.execute(request(tenantId, setQuotas, command, { actor: systemActor }));
    for (const [who, key, own] of callers) {
      t.same(await offeredTo(shop, key), await succeedFor(shop, key, own), who);
    }
    t.same(await offeredTo(shop, userKey), ['create_agent', 'create_project', 'create_epic', 'look_at_ready_story']);
  });
});

test('a tenant without a person is not told to mint roots', async (t) => {
  const server = await startTestServer(t);
  const tenant = { tenantId: newId(), name: 'Nobody', slug: 'nobody' };
  const { secret } = await foundTenantOn(server.ledger, server.tenantKeys, tenant);
  const { body } = await server.say('GET', '/api/v1/whoami', { key: secret });
  t.notMatch(JSON.stringify(body['next_actions']), 'mint_root');
  t.match(JSON.stringify(body['next_actions']), 'create_agent');
});
