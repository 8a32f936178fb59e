// Ways around the life of a story, over HTTP: other criteria, evidence of an earlier cycle, back-filling, fields, imports.
import { test } from 'tap';
import { haltTenant } from '../../commands/halt.ts';
import { systemActor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evidenceHash, type HaltEvidence } from '../../kernel/evidence.ts';
import { request } from '../support/ledger.ts';
import { confirmation } from '../support/person.ts';
import { type Body, shareTestServer } from '../support/server.ts';
import { noFindings, ok, ways, passing, sendCrew } from '../support/shop.ts';

const easier = { criteria: [{ text: 'It is there', binding: null }] };

for (const [way, open] of ways) {
  test(`criteria that change after the contract are not handed in, and after the verification nothing is verified, ${way}`, async (t) => {
    const server = await shareTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { planner, worker, reviewer, auditor } = await sendCrew(shop);
    const revise = (key: string, body: object) =>
      server.say('PUT', `/api/v1/stories/${story.id}/criteria`, { key, body });
    await shop.takeOn(worker, story);
    t.equal((await revise(worker.key, easier)).body.code, 'role_forbidden');
    t.equal((await revise(planner.key, easier)).status, 200);
    await shop.refuse(t, [
      ['handed in', 'contract_void', () => shop.act(worker, story, 'request-review', { body: { commit: '1f0e2d3' } })],
    ]);
    await shop.contract(worker, story);
    await shop.handIn(worker, story);
    await shop.report(reviewer, story);
    await shop.review(reviewer, story);
    const unused = await shop.collect(auditor, story, 'verify');
    await shop.verify(auditor, story);
    t.equal((await revise(planner.key, { criteria: [] })).status, 200);
    const { body } = await shop.plan.say('GET', `/stories/${story.id}`);
    t.match(body, { verified_status: 'unverified', agent_status: 'pending', verified_method: null });
    await shop.refuse(t, [
      [
        'verified again',
        'story_not_reported',
        () => shop.act(auditor, story, 'verify', { body: passing, capability: unused }),
      ],
      [
        'backfilled',
        'story_touched',
        () => shop.act(planner, story, 'backfill', { body: { reason: 'x', evidence_url: 'https://e.org' } }),
      ],
    ]);
  });

  test(`a report, a review and a capability of an earlier cycle are worth nothing in a later one, ${way}`, async (t) => {
    const server = await shareTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { worker, reviewer, auditor } = await sendCrew(shop);
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    await shop.report(reviewer, story);
    await shop.review(reviewer, story);
    const early = await shop.collect(auditor, story, 'verify');
    await ok(shop.act(auditor, story, 'reject', { body: { reason: 'The second criterion does not hold' } }));
    const verify = (capability: string) => () => shop.act(auditor, story, 'verify', { body: passing, capability });
    await shop.refuse(t, [['nothing was handed in', 'story_not_reported', verify(early)]]);
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    const review = await shop.collect(reviewer, story, 'report');
    await shop.refuse(t, [['nothing was reported', 'story_not_reported', verify(early)]]);
    await ok(shop.act(reviewer, story, 'report', { capability: review }));
    await shop.refuse(t, [['the review is of the cycle before', 'review_missing', verify(early)]]);
    await shop.review(reviewer, story);
    await shop.refuse(t, [['the capability is of the cycle before', 'capability_replayed', verify(early)]]);
    await shop.verify(auditor, story);
  });

  test(`a story that was ever taken on is not backfilled, however it was given back, ${way}`, async (t) => {
    const server = await shareTestServer(t);
    const shop = await open(server);
    const [taken, given, untouched] = shop.plan.stories as [Body, Body, Body];
    const { planner, worker, auditor } = await sendCrew(shop);
    const backfill =
      (story: Body, by = planner) =>
      () =>
        shop.act(by, story, 'backfill', { body: { reason: 'Done before', evidence_url: 'https://e.org/1' } });
    await shop.takeOn(worker, taken);
    await ok(shop.act(planner, taken, 'force-unclaim', { body: { reason: 'No answer' } }));
    await shop.takeOn(worker, given);
    await ok(shop.act(worker, given, 'unclaim'));
    await shop.refuse(t, [
      ['after force-unclaim', 'story_touched', backfill(taken)],
      ['by somebody unrelated', 'story_touched', backfill(taken, auditor)],
      ['by a person', 'story_touched', backfill(taken, { ...planner, key: shop.plan.userKey })],
      ['after unclaim', 'story_touched', backfill(given)],
      ['by an agent', 'role_forbidden', backfill(untouched, worker)],
      ['without evidence', 'body_invalid', () => shop.act(planner, untouched, 'backfill', { body: { reason: 'x' } })],
    ]);
    t.match((await ok(backfill(untouched)())).body, { verified_status: 'verified', verified_method: 'backfilled' });
  });

  test(`no field of a request says what custody says: status, time, result, party, ${way}`, async (t) => {
    const server = await shareTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { planner, worker, reviewer, auditor } = await sendCrew(shop);
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    await shop.report(reviewer, story);
    await shop.review(reviewer, story);
    const future = '2999-01-01T00:00:00.000Z';
    const change =
      (body: object, key = planner.key) =>
      () =>
        server.say('PATCH', `/api/v1/stories/${story.id}`, { key, body });
    const create = (body: object) => () =>
      server.say('POST', `/api/v1/epics/${story['epic_id'] as string}/stories`, {
        key: planner.key,
        body: { title: 'T', ...body },
      });
    const plan = (member: object) => ({
      format: 'loopledger-plan-1',
      epics: [{ number: 1, title: 'Launch', stories: [{ number: '1.1', title: 'Launch 1', ...member }] }],
    });
    const merge = (member: object) => () =>
      server.say('POST', `/api/v1/projects/${shop.plan.project.id}/import?mode=merge`, {
        key: planner.key,
        body: plan(member),
      });
    const verify = (body: object) => () => shop.act(auditor, story, 'verify', { body });
    await shop.refuse(t, [
      ['a change of the verified word', 'body_invalid', change({ verified_status: 'verified' })],
      ['a change of it by a person', 'body_invalid', change({ verified_status: 'verified' }, shop.plan.userKey)],
      ['a change of the agents’ word', 'body_invalid', change({ agent_status: 'reported_done' })],
      ['a change of custody', 'body_invalid', change({ custody: null })],
      ['a story that is born verified', 'body_invalid', create({ verified_status: 'verified' })],
      ['a story that is born done', 'body_invalid', create({ agent_status: 'reported_done' })],
      ['an import of the verified word', 'body_invalid', merge({ verified_status: 'verified' })],
      ['an import of the agents’ word', 'body_invalid', merge({ agent_status: 'reported_done' })],
      ['a partial pass', 'body_invalid', verify({ ...passing, result: 'partial' })],
      ['no result', 'body_invalid', verify({ evidence: 'seen' })],
      ['no evidence', 'body_invalid', verify({ result: 'pass' })],
      ['empty evidence', 'body_invalid', verify({ result: 'pass', evidence: '' })],
      ['a time of the future', 'body_invalid', verify({ ...passing, verified_at: future })],
      ['a method of one’s own', 'body_invalid', verify({ ...passing, method: 'executed' })],
      [
        'a review of the future',
        'body_invalid',
        () => shop.act(reviewer, story, 'review-complete', { body: { ...noFindings, reviewed_at: future } }),
      ],
      [
        'a lease without end',
        'body_invalid',
        () => shop.act(worker, story, 'heartbeat', { body: { lease_seconds: 1_000_000_000 } }),
      ],
    ]);
    await shop.verify(auditor, story);
    const imported = await server.say('POST', `/api/v1/projects/${shop.plan.project.id}/import?mode=merge`, {
      key: planner.key,
      body: plan(easier),
    });
    t.equal(imported.status, 200, imported.text);
    const { body } = await shop.plan.say('GET', `/stories/${story.id}`);
    t.match(
      body,
      { verified_status: 'unverified', criteria: easier.criteria },
      'other criteria void it, by import too',
    );
  });

  test(`a halt stops every act of custody, and is lifted by an assertion for the lifting alone, ${way}`, async (t) => {
    const server = await shareTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { planner, worker } = await sendCrew(shop);
    await shop.contract(worker, story);
    const evidence: HaltEvidence = {
      kind: 'chain_broken',
      checkpoints: [],
      position: 3,
      promised: digestOf('promised'),
      found: null,
    };
    const { tenantId, userKey: key, authenticator } = shop.plan;
    await server.ledger.execute(
      request(tenantId, haltTenant, { tenant_id: tenantId, evidence }, { actor: systemActor }),
    );
    const path = '/api/v1/halt/lift';
    const body = { evidence_hash: evidenceHash(evidence) };
    const ask = async (place: string, asked: unknown) =>
      (await server.say('POST', place, { key, body: asked })).body as unknown as Awaited<
        ReturnType<Parameters<typeof confirmation>[0]>
      >;
    const lift = async (confirmed: { path: string; body: object }, by = key) => {
      const header = await confirmation(ask, authenticator, { method: 'POST', ...confirmed });
      return server.say('POST', path, { key: by, body, headers: { 'loopledger-step-up': header } });
    };
    const root = { parent: null, role: 'agent', agent_id: worker.agentId, expires_in: 3_600 };
    await shop.refuse(t, [
      ['a claim', 'tenant_halted', () => shop.act(worker, story, 'claim')],
      [
        'a backfill',
        'tenant_halted',
        () =>
          shop.act(planner, shop.plan.stories[1] as Body, 'backfill', {
            body: { reason: 'x', evidence_url: 'https://e.org' },
          }),
      ],
      ['lifted without an assertion', 'step_up_required', () => server.say('POST', path, { key, body })],
      ['lifted with one for a root', 'ceremony_failed', () => lift({ path: '/api/v1/dispatches', body: root })],
      [
        'lifted with one for other evidence',
        'ceremony_failed',
        () => lift({ path, body: { evidence_hash: 'a'.repeat(64) } }),
      ],
      ['lifted by an orchestrator with one for it', 'role_forbidden', () => lift({ path, body }, planner.key)],
    ]);
    t.equal((await lift({ path, body })).status, 200);
    await ok(shop.act(worker, story, 'claim'));
  });
}
