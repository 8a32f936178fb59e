import { test } from 'tap';
import { documentedRoutes } from '../../api/platform/documents.ts';
import type { Route } from '../../api/route.ts';
import { storyExample } from '../../api/story.ts';
import { haltTenant, liftHalt } from '../../commands/halt.ts';
import { roleAllows, systemActor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { newId } from '../../kernel/id.ts';
import { keyActor, openLedgerOn, request } from '../support/ledger.ts';
import { halt as haltCustody } from '../support/halt.ts';
import { type Body, startTestServer } from '../support/server.ts';
import { type Crew, type Hand, openShop, sendCrew } from '../support/shop.ts';

const evidence: HaltEvidence = {
  kind: 'chain_broken',
  checkpoints: [],
  position: 3,
  promised: digestOf('promised'),
  found: null,
};
const evidence_hash = evidenceHash(evidence);

test('a halt is seen by all keys of its tenant, survives a restart, and is lifted by a person alone', async (t) => {
  const server = await startTestServer(t);
  const { tenantId, userKey, agentKey } = await server.found();
  const other = await server.found();
  const open = { halted: false, halted_at: null, evidence_hash: null, evidence: null };
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: agentKey })).body, open);
  const halt = { tenant_id: tenantId, evidence };
  await server.ledger.execute(request(tenantId, haltTenant, halt, { actor: systemActor }));
  const { body } = await server.say('GET', '/api/v1/halt', { key: agentKey });
  t.match(body, { halted: true, halted_at: /^2\d{3}-/, evidence_hash });
  t.strictSame(body['evidence'], evidence);
  t.match((await server.say('GET', '/api/v1/tenant', { key: agentKey })).body, { halted_by: evidence_hash });
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: other.agentKey })).body, open);

  const lift = { body: { evidence_hash } };
  const bare = await server.say('POST', '/api/v1/halt/lift', { key: userKey, ...lift });
  t.match(bare, { status: 403, body: { code: 'step_up_required', act: 'liftHalt' } });
  t.equal((await server.say('POST', '/api/v1/halt/lift', { key: agentKey, ...lift })).body.code, 'role_forbidden');
  const restarted = openLedgerOn(t, server.urls.appUrl);
  const person = { ...keyActor('user'), step_up: { authenticator_id: newId(), act: 'liftHalt' } };
  const command = { tenant_id: tenantId, evidence_hash };
  await restarted.ledger.execute(request(tenantId, liftHalt, command, { actor: person }));
  t.strictSame((await server.say('GET', '/api/v1/halt', { key: agentKey })).body, open);
  const renamed = await server.say('PATCH', '/api/v1/tenant', { key: userKey, body: { name: 'Zenith' } });
  t.match(renamed, { status: 200, body: { name: 'Zenith', halted_by: null } });
  t.notOk('settled' in renamed.body);
});

/** Whoever may, with a dispatch. */
const handFor = (route: Route, { worker, auditor }: Crew): Hand =>
  route.role !== 'public' && roleAllows(route.role, 'agent') ? worker : auditor;

function askOf(route: Route, story: Body): { readonly path: string; readonly body: object | null } {
  const text = JSON.stringify(route.examples.body ?? null).replaceAll(storyExample.id, story.id);
  const path = route.url.replace(':story_id', story.id).replace(':epic_id', story['epic_id'] as string);
  return { path, body: JSON.parse(text) as object | null };
}

test('while a tenant is halted every act of custody answers 503 and writes nothing, and reads go on', async (t) => {
  const server = await startTestServer(t);
  const shop = await openShop(server);
  const [taken, story] = shop.plan.stories as [Body, Body];
  const crew = await sendCrew(shop);
  await shop.takeOn(crew.worker, taken);
  await haltCustody(server.ledger, shop.plan.tenantId);
  const routes = documentedRoutes().filter(({ tags }) => tags.includes('custody'));
  const acts = routes.filter(({ write }) => write);
  t.ok(acts.length >= 19, `${acts.length} acts`);
  const before = await shop.position();
  for (const route of acts) {
    for (const held of [taken, story]) {
      const { path, body } = askOf(route, held);
      const said = { key: handFor(route, crew).key, ...(body === null ? {} : { body }) };
      const { status, body: problem } = await server.say(route.method, path, said);
      t.match({ status, code: problem.code }, { status: 503, code: 'tenant_halted' }, route.operation);
    }
  }
  t.equal(await shop.position(), before);
  for (const path of [
    `/stories/${story.id}`,
    `/stories/${story.id}/next-actions`,
    `/stories/${taken.id}/history`,
    '/stories/ready',
    '/changes?since=0',
    '/halt',
  ]) {
    t.equal((await server.say('GET', `/api/v1${path}`, { key: crew.worker.key })).status, 200, path);
  }
  const next = await server.say('GET', `/api/v1/stories/${taken.id}/next-actions`, { key: crew.worker.key });
  t.same(next.body['next_actions'], [], 'nothing would succeed');
});
