// Every stream, inline view, look-up and constraint of the domain, in one place.
import { epicStream } from '../events/epic.ts';
import { projectStream } from '../events/project.ts';
import { storyStream } from '../events/story.ts';
import { epicRefusals } from '../policies/epic.ts';
import { projectRefusals } from '../policies/project.ts';
import { storyRefusals } from '../policies/story.ts';
import { makeRegistry, type Registry } from '../sql/registry.ts';
import { epicInline, epicLookups } from './epic.ts';
import { projectInline, projectLookups } from './project.ts';
import { storyInline, storyLookups } from './story.ts';

export const registry: Registry = makeRegistry({
  streams: [projectStream, epicStream, storyStream],
  views: [projectInline, epicInline, storyInline],
  lookups: [...projectLookups, ...epicLookups, ...storyLookups],
  constraints: {
    projects_slug: () => projectRefusals.refuse('project_slug_taken', 'The slug is taken.'),
    epics_number: () => epicRefusals.refuse('epic_number_taken', 'The number is taken.'),
    stories_number: () => storyRefusals.refuse('story_number_taken', 'The number is taken.'),
  },
});
