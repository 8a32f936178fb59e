// How a run is asked for, whoever asks: what was left out, the project it is in, and room for it.
import type { Static } from 'typebox';
import type { World } from '../kernel/command.ts';
import type { NewEvent } from '../kernel/event.ts';
import { record } from '../kernel/stream.ts';
import { type Content, type RunLimits, RunRequested } from '../events/run-fact.ts';
import { projectOf } from './project.ts';
import { requireRunRoom, runRefusals } from './run.ts';
import { openStory } from './story.ts';

type Requested = Static<typeof RunRequested.shape>;
type Optional = 'model' | 'tiers' | 'classify' | 'tools' | 'needs_approval' | 'labels';

interface RunRequest extends Pick<Requested, 'prompt' | 'language'>, Partial<Pick<Requested, Optional>> {
  readonly run_id: string;
  readonly tests: Content | null;
  readonly limits?: Partial<Static<typeof RunLimits>>;
  readonly story_id?: string;
  readonly project_id?: string;
}

const defaultLimits: Static<typeof RunLimits> = {
  max_repairs: 3,
  max_calls: 40,
  cap_micros: null,
  deadline_s: 600,
  wall_ms: 10_000,
  memory_bytes: 268_435_456,
};

export function requestFactOf(world: World, told: RunRequest): NewEvent {
  requireRunRoom(world);
  const project_id = projectFor(world, told);
  const data = {
    kind: 'solve',
    project_id,
    story_id: told.story_id ?? null,
    language: told.language,
    prompt: told.prompt,
    tests: told.tests,
    model: told.model ?? null,
    tiers: told.tiers ?? ['docker', 'bubblewrap', 'wasm'],
    limits: { ...defaultLimits, ...told.limits },
    classify: told.classify ?? 'heuristic',
    tools: told.tools ?? [],
    needs_approval: told.needs_approval ?? false,
    retry_of: null,
    labels: told.labels ?? {},
  } as const;
  return record(RunRequested, { type: 'run', id: told.run_id }, data, project_id);
}

/** A run for a story is in the project of the story. */
function projectFor(world: World, { story_id, project_id: wanted }: RunRequest): string | null {
  const project_id = wanted ?? null;
  if (story_id === undefined) {
    if (project_id !== null) projectOf(world, project_id);
    return project_id;
  }
  const { project_id: own } = openStory(world, story_id);
  if (project_id === null || project_id === own) return own;
  throw runRefusals.refuse('run_story_elsewhere', 'The story is in another project.');
}
