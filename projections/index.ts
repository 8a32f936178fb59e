// Every stream, inline view, look-up and constraint of the domain, in one place.
import { dependencyStream } from '../events/dependency.ts';
import { epicStream } from '../events/epic.ts';
import { projectStream } from '../events/project.ts';
import { storyStream } from '../events/story.ts';
import { dependencyRefusals } from '../policies/dependency.ts';
import { epicRefusals } from '../policies/epic.ts';
import { projectRefusals } from '../policies/project.ts';
import { storyRefusals } from '../policies/story.ts';
import { makeRegistry, type Registry } from '../sql/registry.ts';
import { epicDependencyInline, storyDependencyInline } from './dependency.ts';
import { epicInline, epicLookups } from './epic.ts';
import { projectInline, projectLookups } from './project.ts';
import { storyInline, storyLookups } from './story.ts';

export const registry: Registry = makeRegistry({
  streams: [projectStream, epicStream, storyStream, dependencyStream],
  views: [projectInline, epicInline, storyInline, storyDependencyInline, epicDependencyInline],
  lookups: [...projectLookups, ...epicLookups, ...storyLookups],
  constraints: {
    projects_slug: () => projectRefusals.refuse('project_slug_taken', 'The slug is taken.'),
    epics_number: () => epicRefusals.refuse('epic_number_taken', 'The number is taken.'),
    story_dependencies_edge: () => dependencyRefusals.refuse('dependency_exists', 'The dependency is there already.'),
    epic_dependencies_edge: () => dependencyRefusals.refuse('dependency_exists', 'The dependency is there already.'),
    stories_number: () => storyRefusals.refuse('story_number_taken', 'The number is taken.'),
  },
});
