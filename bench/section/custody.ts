// Custody against plain commands of the same ledger: what it costs that an act is granted, and uses up what was granted.
import { criteriaHash } from '../../commands/story-claim.ts';
import { tokenMark } from '../measure/job.ts';
import { type Contender, runRounds } from '../measure/rounds.ts';
import type { Section } from '../report/result.ts';
import type { Bench } from '../stage/bench.ts';
import type { Tenant } from '../stage/population.ts';
import { bearer, patchRequest, postRequest, storyBody } from '../stage/request.ts';
import { type Load, measureLoad } from './load.ts';
import { requestsOf } from './writes.ts';

const tenants = 8;
const plain = 'a story is changed';
const created = 'a story is created';

interface Held {
  readonly tenant: Tenant;
  readonly agentKey: string;
  readonly story: string;
}

export async function benchCustody(bench: Bench): Promise<Section> {
  const founded = await bench.populator.found(tenants, 8);
  const held = await handOut(bench, founded);
  const changed = await handOut(bench, founded);
  const ours = await bench.api();
  const contender = (name: string, against: readonly string[], load: Load): Contender => ({
    name,
    against,
    measure: () => measureLoad(bench, ours, load),
  });
  const changing = changed.map(({ tenant, story }) =>
    patchRequest(`/api/v1/stories/${story}`, JSON.stringify({ title: titleOf(storyBody) }), bearer(tenant.key)),
  );
  const rows = await runRounds(
    [
      contender(plain, [], { requests: changing, expectedStatus: 200 }),
      contender(created, [plain], { requests: founded.flatMap(requestsOf), expectedStatus: 201 }),
      contender('contract, claim, start, unclaim', [plain, created], {
        requests: [],
        expectedStatus: 200,
        circuits: held.map(circuitOf),
      }),
    ],
    bench.options.rounds,
    bench.tell,
  );
  await ours.stop();
  return {
    name: 'custody',
    title: `Custody, ${bench.options.connections} connections, ${tenants} tenants`,
    notes: [
      'each connection goes around with a story of its own; the claim grants a capability, and the start uses it up',
      'each of the four is counted as one command; they write six events, and the plain ones one each',
    ],
    rows,
  };
}

/** A story for each connection, and an agent for each tenant. */
async function handOut({ populator, options }: Bench, founded: readonly Tenant[]): Promise<Held[]> {
  const held: Held[] = [];
  for (const tenant of founded) {
    const agentKey = await populator.send(tenant);
    const stories = await populator.fill(tenant, Math.ceil(options.connections / founded.length));
    held.push(...stories.map((story) => ({ tenant, agentKey, story })));
  }
  return held;
}

function titleOf(body: string): string {
  return (JSON.parse(body) as { readonly title: string }).title;
}

function circuitOf({ agentKey, story }: Held): string[] {
  const { title, criteria } = JSON.parse(storyBody) as {
    readonly title: string;
    readonly criteria: readonly { readonly text: string; readonly binding: string | null }[];
  };
  const echo = { title, criteria_count: criteria.length, criteria_hash: criteriaHash(criteria) };
  const act = (path: string, body: object, capability?: string): string =>
    postRequest(`/api/v1/stories/${story}/${path}`, JSON.stringify(body), {
      ...bearer(agentKey),
      ...(capability === undefined ? {} : { 'loopledger-capability': capability }),
    });
  return [act('contract', echo), act('claim', {}), act('start', {}, tokenMark), act('unclaim', {})];
}
