// What a run that verifies means for its story. It is recorded in the very commit that ends the run.
import type { World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { Refusal } from '../kernel/refusal.ts';
import { record } from '../kernel/stream.ts';
import type { Judgement } from '../kernel/verification.ts';
import type { Run } from '../events/run.ts';
import { RunCancelled, RunFailed, RunVerificationJudged } from '../events/run-fact.ts';
import { StoryVerified } from '../events/story-custody.ts';
import { StoryVerificationFailed, StoryVerificationPassed, type VerificationRun } from '../events/story-custody-run.ts';
import { turnEpic } from './epic-progress.ts';
import { holdStory } from './story-custody.ts';
import type { HeldStory } from './story.ts';

export interface RunAt {
  readonly id: string;
  /** Before what is being written. */
  readonly state: Run;
}

/**
 * For whoever writes facts to a run. Nothing comes of it for a story that does not wait for this very run any more, that is
 * archived, or whose tenant is halted: the verifier may then ask again.
 */
export function storyFactsOf(world: World, { id, state }: RunAt, written: readonly NewEvent[]): NewEvent[] {
  if (state.kind !== 'verify' || state.story_id === null || state.judgement !== null) return [];
  const judged = written.find(({ type }) => type === RunVerificationJudged.type);
  const ended = written.find(({ type }) => type === RunFailed.type || type === RunCancelled.type);
  if (judged === undefined && ended === undefined) return [];
  const held = heldStory(world, state.story_id);
  const waiting = held?.story.custody?.verification_run ?? null;
  if (held === null || waiting?.run_id !== id || waiting.status !== 'running') return [];
  const judgement = judged === undefined ? null : (judged.data as unknown as Judgement);
  if (judgement?.is_passed === true) return verified(world, held, waiting, judgement);
  const reasons = judgement?.reasons ?? [endedBecause(ended)];
  const data = { run_id: id, reasons, statement: judgement?.statement ?? null };
  return [record(StoryVerificationFailed, { type: 'story', id: held.id }, data, held.story.project_id)];
}

function endedBecause(ended: NewEvent | undefined): string {
  const { reason = 'cancelled', detail = '' } = (ended?.data ?? {}) as { readonly reason?: string; detail?: string };
  return `The run was not judged: ${reason}. ${detail}`.trim().slice(0, 500);
}

function verified(
  world: World,
  { id, story }: HeldStory,
  waiting: VerificationRun,
  { statement }: Judgement,
): NewEvent[] {
  const { epic_id, project_id, custody, criteria } = story;
  const { by, evidence, run_id } = waiting;
  const signals = custody?.signals ?? null;
  const took = signals === null ? {} : { took: { signals, criteria: criteria.length } };
  const ref = { type: 'story', id };
  return [
    record(StoryVerificationPassed, ref, { run_id, statement }, project_id),
    record(StoryVerified, ref, { epic_id, by, method: 'executed', evidence, ...took }, project_id),
    ...turnEpic(world, epic_id, { verified: 1 }),
  ];
}

/** Null while nothing may be written about it. */
function heldStory(world: World, id: string): HeldStory | null {
  try {
    return holdStory(world, id);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
