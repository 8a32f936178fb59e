// Verification by running: which stories are verified so, what they must be for it, and what the run is asked.
import type { Static } from 'typebox';
import type { World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { defineRefusals, type Refusal } from '../kernel/refusal.ts';
import { type Verification, type VerificationOrder, wholeHash } from '../kernel/verification.ts';
import { runStream } from '../events/run.ts';
import type { RunRequested } from '../events/run-fact.ts';
import type { Story } from '../events/story.ts';
import { openEpic } from './epic.ts';
import { openProject } from './project.ts';
import { cancellationOf } from './run.ts';
import type { HeldStory } from './story.ts';
import { targetFault } from './webhook.ts';

export const verificationRefusals = defineRefusals({
  verification_under_way: {
    kind: 'conflict',
    title: 'What was handed in is being run',
    remedy: 'Wait for the run that GET /api/v1/stories/{story_id}/verification names.',
  },
  verification_unbound: {
    kind: 'conflict',
    title: 'No criterion of the story is bound to a test',
    remedy:
      'The project is verified by running. Bind criteria with `test:<file>::<name>`, which begins a new cycle, or reject the story.',
  },
  verification_not_found: {
    kind: 'missing',
    title: 'Nothing was run to verify the story in its present cycle',
    remedy: 'GET /api/v1/stories/{story_id}/history tells of earlier cycles.',
  },
  commit_incomplete: {
    kind: 'conflict',
    title: 'The commit is not named by its whole hash',
    remedy: 'The project is verified by running: hand the work in with all 40 or 64 digits of the commit.',
  },
  attestation_missing: {
    kind: 'rejected',
    title: 'A criterion that no machine checks needs the word of the verifier',
    remedy: 'Send `attestations` with exactly one note for each criterion that is named in `criteria`, counted from 1.',
  },
});
const { refuse } = verificationRefusals;

/** Null when it is the word of the verifier that counts. */
export function executedBy(world: World, story: Story): Verification | null {
  const { verification } = openProject(world, openEpic(world, story.epic_id).project_id);
  return verification?.mode === 'executed' ? verification : null;
}

/** A run that ended without a word on its story, as in a halt, is waited for no more. */
export function isUnderWay(world: World, { custody }: Story): boolean {
  const run = custody?.verification_run ?? null;
  if (run?.status !== 'running') return false;
  const state = world.find(runStream, run.run_id)?.state;
  return state !== undefined && state.outcome === null && state.judgement === null;
}

/** For what makes the word of the run meaningless: nobody waits for it any more. */
export function endVerification(world: World, { custody }: Story): NewEvent[] {
  const run = custody?.verification_run ?? null;
  if (run?.status !== 'running') return [];
  const state = world.find(runStream, run.run_id)?.state;
  return state === undefined || state.outcome !== null ? [] : cancellationOf(run.run_id, state);
}

/** Why a story that is otherwise ready for it is not verified now; null when nothing is in the way. */
export function unverifiableFault(world: World, story: Story): (() => Refusal) | null {
  const { criteria, custody } = story;
  if (isUnderWay(world, story)) {
    return () => refuse('verification_under_way', `Run ${custody?.verification_run?.run_id ?? ''}.`);
  }
  if (executedBy(world, story) === null) return null;
  const commit = custody?.commit ?? '';
  if (!wholeHash.test(commit)) return () => incomplete(commit);
  if (criteria.some(({ binding }) => binding?.startsWith('test:') === true)) return null;
  return () => refuse('verification_unbound', 'Nothing of what the story asks for can be seen by running tests.');
}

export function requireWholeCommit(commit: string): void {
  if (!wholeHash.test(commit)) throw incomplete(commit);
}

function incomplete(commit: string): Refusal {
  return refuse('commit_incomplete', `The commit ${commit} is not a whole hash.`);
}

/** Everything else is for a reader to judge. */
export function isCheckedByMachine(binding: string | null): boolean {
  return binding !== null && /^(?:test|code):/.test(binding);
}

interface Attestation {
  readonly criterion: number;
  readonly note: string;
}

export function orderOf(
  { id, story }: HeldStory,
  settings: Verification,
  attestations: readonly Attestation[],
): VerificationOrder {
  const { criteria, criteria_revision, custody } = story;
  const manual = criteria.flatMap(({ binding }, at) => (isCheckedByMachine(binding) ? [] : [at + 1]));
  const attested = attestations.map(({ criterion }) => criterion).toSorted((one, other) => one - other);
  if (manual.join() !== attested.join()) {
    const members = { criteria: manual };
    throw refuse('attestation_missing', `Attest criteria ${manual.join(', ') || 'none'}, each once.`, { members });
  }
  const notes = new Map(attestations.map(({ criterion, note }) => [criterion, note]));
  return {
    ...settings,
    story_id: id,
    commit: custody?.commit ?? '',
    cycle: custody?.fence ?? 0,
    criteria_revision,
    criteria: criteria.map(({ binding }, at) => ({ binding, note: notes.get(at + 1) ?? null })),
  };
}

/** No tier that shares our process, no model, one try; the rest of the limits is generous, for whole test suites. */
export function verificationRun({ id, story }: HeldStory, order: VerificationOrder): Static<typeof RunRequested.shape> {
  return {
    kind: 'verify',
    project_id: story.project_id,
    story_id: id,
    language: order.runner === 'node' ? 'javascript' : 'python',
    prompt: '',
    tests: null,
    model: null,
    tiers: ['docker', 'bubblewrap'],
    limits: {
      max_repairs: 0,
      max_calls: 1,
      cap_micros: 0,
      deadline_s: 900,
      wall_ms: 120_000,
      memory_bytes: 536_870_912,
    },
    classify: 'heuristic',
    needs_approval: false,
    retry_of: null,
    order,
    labels: {},
  };
}

/** Null when commits may be fetched from there, as far as the text tells; names are judged again by what they resolve to. */
export function remoteFault(text: string, allowLocal: boolean): string | null {
  const url = URL.parse(text);
  if (url === null) return 'It is not a URL.';
  if (url.protocol === 'file:') return allowLocal && url.host === '' ? null : 'Its scheme is not https.';
  if (url.search !== '') return 'It has a query.';
  return targetFault(text, false);
}
