// Random sequences of commands by random actors. After each one, what is believed of every story is what its events give
// evidence for, and `next_actions` names exactly the calls that would succeed.
// LOOPLEDGER_TEST_SEED=<seed> runs the same ones again, beginning with the one that failed.
import { test } from 'tap';
import { storyStream } from '../../events/story.ts';
import { custodyRefusals } from '../../policies/custody-refusal.ts';
import { verificationRefusals } from '../../policies/verification.ts';
import { capabilityRefusals } from '../../policies/capability.ts';
import { nextActs } from '../../policies/next-act.ts';
import { custodyActs } from '../../policies/story-custody.ts';
import { startChance } from '../hardening/random.ts';
import { type Case, CaseFiles } from '../support/case-file.ts';
import { successfulCalls } from '../support/custody-calls.ts';
import { CustodyLife, type Step } from '../support/custody-life.ts';

const sequences = Number(process.env['LOOPLEDGER_TEST_SEQUENCES'] ?? 10_000);
const { seed } = startChance();

/** These need so much to come together that chance might leave them out; specs of their own meet them. */
const rare: ReadonlySet<string> = new Set([
  'artifact_limit',
  'attestation_missing',
  'contract_void',
  'nobody_unrelated',
  'review_missing',
  'review_unresolved',
  'verifier_other',
  'capability_lineage',
  'capability_missing',
  'capability_not_held',
  'capability_replayed',
  'capability_signature',
  'capability_story',
  'commit_incomplete',
  'verification_not_found',
  'verification_unbound',
  'verification_under_way',
]);

const turnsOfRuns = ['story.verification_requested', 'story.verification_passed', 'story.verification_failed'];

function agentStatusOf({ cycle, verified }: Case): string {
  if (verified === 'backfilled' || cycle.reporter !== null) return 'reported_done';
  if (cycle.handedIn) return 'in_review';
  if (cycle.started) return 'implementing';
  if (cycle.claim !== null) return 'assigned';
  return cycle.contract === null ? 'pending' : 'contracted';
}

function verifiedStatusOf({ verified, rejected }: Case): string {
  if (verified !== null) return 'verified';
  return rejected ? 'rejected' : 'unverified';
}

/** What the state says and the events do not, or the other way round. */
function differences({ ledger }: CustodyLife, { cases }: CaseFiles): string[] {
  return [...cases].flatMap(([id, told]) => {
    const story = ledger.find(storyStream, id)?.state;
    const said = `${story?.agent_status} ${story?.verified_status} ${story?.verified_method}`;
    const known = `${agentStatusOf(told)} ${verifiedStatusOf(told)} ${told.verified}`;
    return said === known ? [] : [`${id} is ${said}, and its events say ${known}`];
  });
}

/** The calls that are named and would fail, and those that would succeed and are not named. */
function lies({ ledger }: CustodyLife, { actor, storyId }: Step): string[] {
  const named = nextActs(ledger.world(actor), storyId).map(({ act, capability }) => `${act}:${capability ?? ''}`);
  const good = successfulCalls(ledger, actor, storyId);
  return [
    ...named.filter((one) => !good.includes(one)).map((one) => `${one} is named and fails`),
    ...good.filter((one) => !named.includes(one)).map((one) => `${one} succeeds and is not named`),
  ];
}

function faultsOf(life: CustodyLife, files: CaseFiles): string[] {
  try {
    const step = life.step();
    files.read(step.events);
    return [...differences(life, files), ...lies(life, step)];
  } catch (error) {
    return [String(error)];
  }
}

function shown({ what, actor, storyId, code }: Step): string {
  return `${what} of ${storyId.slice(-5)} by ${actor.role} ${actor.lineage.map((id) => id.slice(-4)).join('/')}: ${code ?? 'done'}`;
}

test(`${sequences} random sequences leave no state without its evidence, and next_actions tell the truth`, (t) => {
  t.comment(`LOOPLEDGER_TEST_SEED=${seed}`);
  const seen = new Map<string, number>();
  let steps = 0;
  for (let at = 0; at < sequences; at += 1) {
    const chance = startChance(seed + at);
    const life = CustodyLife.begin(chance);
    const files = new CaseFiles();
    files.read(life.ledger.kept);
    const length = 12 + chance.integer(12);
    for (let step = 0; step < length; step += 1) {
      const faults = faultsOf(life, files);
      if (faults.length > 0) {
        t.fail(faults.join('\n'), { seed: seed + at, steps: life.steps.map(shown) });
        t.end();
        return;
      }
    }
    steps += life.steps.length;
    for (const { what, code, events } of life.steps) {
      const turns = events.map(({ event }) => event.type).filter((type) => turnsOfRuns.includes(type));
      for (const name of [code ?? what, ...turns]) seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  const counts = [...seen].map(([name, times]) => `${name} ${times}`).join(', ');
  t.comment(`${steps} commands: ${counts}`);
  if (sequences >= 10_000) {
    t.same(missing(seen), [], 'every act was done, and every refusal was met');
  }
  t.end();
});

function missing(seen: ReadonlyMap<string, number>): string[] {
  const codes = [
    ...Object.keys(custodyRefusals.codes),
    ...Object.keys(capabilityRefusals.codes),
    ...Object.keys(verificationRefusals.codes),
  ];
  return [...custodyActs, ...turnsOfRuns, ...codes].filter((name) => !seen.has(name) && !rare.has(name));
}
