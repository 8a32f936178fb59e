// What a story waits for: the stories that it needs, and the epics that its epic needs.
import type { World } from '../kernel/command.ts';
import type { DependencyLevel } from '../events/dependency.ts';
import { epicStream } from '../events/epic.ts';
import { storyStream } from '../events/story.ts';
import { dependenciesOf } from './dependency.ts';
import type { HeldStory } from './story.ts';

export interface Blocker {
  readonly level: DependencyLevel;
  readonly id: string;
  readonly number: string;
  readonly title: string;
}

/** Stories that are not verified and epics that are not complete. */
export function blockersOf(world: World, { id, story }: HeldStory): Blocker[] {
  const { needs } = dependenciesOf(world, story.project_id);
  const stories = (needs.get(id) ?? []).flatMap(({ to }) => {
    const needed = world.find(storyStream, to.id)?.state;
    if (needed?.verified_status === 'verified') return [];
    return [{ level: 'story' as const, id: to.id, number: to.number, title: needed?.title ?? '' }];
  });
  const epics = (needs.get(story.epic_id) ?? []).flatMap(({ to }) => {
    const needed = world.find(epicStream, to.id)?.state;
    if (needed?.is_complete === true) return [];
    return [{ level: 'epic' as const, id: to.id, number: to.number, title: needed?.title ?? '' }];
  });
  return [...stories, ...epics];
}
