// Capabilities over HTTP: of another act, story, lineage or tenant, expired, altered, replaced, replayed, fifty times at once.
import { test } from 'tap';
import { type CapabilityClaims, signCapability } from '../../kernel/capability.ts';
import { newId } from '../../kernel/id.ts';
import { type Body, startTestServer } from '../support/server.ts';
import { type Attempt, noFindings, ok, ways, passing, sendCrew, type Shop, tokenOf } from '../support/shop.ts';

function claimsIn(token: string): CapabilityClaims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as CapabilityClaims;
}

function textOf(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** As somebody would who has got hold of the key of a tenant. */
async function thief({ server, plan }: Shop) {
  const signer = await server.tenantKeys.signer(plan.tenantId, 'capability');
  return (claims: CapabilityClaims) => signCapability(claims, signer).token;
}

/** The part of a token, replaced. */
function altered(token: string, at: 0 | 1 | 2, part: string): string {
  return token.split('.').with(at, part).join('.');
}

for (const [way, open] of ways) {
  test(`a capability does one act on one story for one lineage, and only the one that the server granted, ${way}`, async (t) => {
    const server = await startTestServer(t);
    const [shop, elsewhere] = [await open(server), await open(server, 'elsewhere')];
    const [story, other] = shop.plan.stories as [Body, Body];
    const { worker, reviewer, auditor } = await sendCrew(shop);
    for (const one of [story, other]) {
      await shop.takeOn(worker, one);
      await shop.handIn(worker, one);
    }
    const replaced = await shop.collect(reviewer, story, 'report');
    const good = await shop.collect(reviewer, story, 'report');
    const [mine, theirs] = [await thief(shop), await thief(elsewhere)];
    const claims = claimsIn(good);
    const report = (capability?: string) => () =>
      shop.act(reviewer, story, 'report', capability === undefined ? {} : { capability });
    const aDayAgo = { iat: claims.iat - 86_400, nbf: claims.nbf - 86_400, exp: claims.exp - 86_400 };
    const attempts: Attempt[] = [
      ['none', 'capability_missing', report()],
      ['no token at all', 'capability_type', report('nonsense')],
      ['for another act, with the real key', 'capability_type', report(mine({ ...claims, act: 'review' }))],
      ['for another story', 'capability_story', report(await shop.collect(reviewer, other, 'report'))],
      ['replaced by a later one', 'capability_replayed', report(replaced)],
      [
        'for another lineage, with the real key',
        'capability_lineage',
        report(mine({ ...claims, lin: 'a'.repeat(64) })),
      ],
      ['expired, with the real key', 'capability_expired', report(mine({ ...claims, ...aDayAgo }))],
      ['never granted, with the real key', 'capability_signature', report(mine({ ...claims, jti: newId() }))],
      [
        'longer than granted, with the real key',
        'capability_signature',
        report(mine({ ...claims, exp: claims.exp + 60 })),
      ],
      [
        'with the key of another tenant',
        'capability_signature',
        report(theirs({ ...claims, tid: elsewhere.plan.tenantId })),
      ],
      [
        'its time altered',
        'capability_signature',
        report(altered(good, 1, textOf({ ...claims, exp: claims.exp + 60 }))),
      ],
      [
        'its algorithm altered',
        'capability_signature',
        report(altered(good, 0, textOf({ alg: 'none', typ: 'll-cap+jwt' }))),
      ],
      ['without a signature', 'capability_signature', report(altered(good, 2, ''))],
      [
        'with another signature',
        'capability_signature',
        report(altered(good, 2, Buffer.alloc(64, 7).toString('base64url'))),
      ],
      ['by whoever did the work', 'self_report_blocked', () => shop.act(worker, story, 'report', { capability: good })],
      [
        'for a review',
        'story_not_reported',
        () => shop.act(reviewer, story, 'review-complete', { body: noFindings, capability: good }),
      ],
    ];
    await shop.refuse(t, attempts);
    await ok(report(good)());
    await shop.refuse(t, [['a second time', 'story_not_in_review', report(good)]]);
    await shop.review(reviewer, story);
    const verify = (capability: string) => () => shop.act(auditor, story, 'verify', { body: passing, capability });
    await shop.refuse(t, [
      ['the report, used, to verify', 'capability_type', verify(good)],
      [
        'the report as if it were to verify',
        'capability_replayed',
        verify(mine({ ...claimsIn(await shop.collect(auditor, story, 'verify')), jti: claims.jti })),
      ],
    ]);
    t.equal((await shop.verify(auditor, story)).body['verified_status'], 'verified');
  });

  test(`a capability that was used does not start a later claim, ${way}`, async (t) => {
    const server = await startTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { worker } = await sendCrew(shop);
    await shop.contract(worker, story);
    const used = tokenOf(await ok(shop.act(worker, story, 'claim')));
    await ok(shop.act(worker, story, 'start', { capability: used }));
    await ok(shop.act(worker, story, 'unclaim'));
    await shop.contract(worker, story);
    const unused = tokenOf(await ok(shop.act(worker, story, 'claim')));
    await ok(shop.act(worker, story, 'unclaim'));
    await shop.contract(worker, story);
    const present = tokenOf(await ok(shop.act(worker, story, 'claim')));
    const start = (capability: string) => () => shop.act(worker, story, 'start', { capability });
    await shop.refuse(t, [
      ['used for the first claim', 'capability_replayed', start(used)],
      ['void with the second claim', 'capability_replayed', start(unused)],
      [
        'an earlier fence',
        'fence_stale',
        () => shop.act(worker, story, 'start', { capability: present, body: { fence: 2 } }),
      ],
    ]);
    await ok(start(present)());
  });

  test(`a capability that is shown fifty times at once has one effect, ${way}`, async (t) => {
    const server = await startTestServer(t);
    const shop = await open(server);
    const [story] = shop.plan.stories as [Body];
    const { worker, reviewer } = await sendCrew(shop);
    await shop.takeOn(worker, story);
    await shop.handIn(worker, story);
    const capability = await shop.collect(reviewer, story, 'report');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => shop.act(reviewer, story, 'report', { capability })),
    );
    t.equal(answers.filter(({ status }) => status === 200).length, 1);
    t.equal(answers.filter(({ body }) => body.code === 'story_not_in_review').length, 49);
    const { body } = await shop.plan.say('GET', `/stories/${story.id}/history?limit=200`);
    const types = body.data.map((event) => event['type']);
    t.equal(types.filter((type) => type === 'story.reported').length, 1);
    t.equal(types.filter((type) => type === 'story.capability_consumed').length, 2, 'to start, and to report');
  });
}
