// Facts of projects, epics, stories and dependencies, with what a test does not care about filled in.
import { DependencyAdded, type DependencyEdge, type DependencyEnd, removeEdge } from '../../events/dependency.ts';
import { EpicArchived, EpicCreated } from '../../events/epic.ts';
import { ProjectArchived, ProjectCreated } from '../../events/project.ts';
import { type Story, StoryArchived, StoryCreated } from '../../events/story.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { idOf } from './given.ts';

/** Ids tell what they are of: project 1 is …1, epic 2 of it …102, story 3 of that …10203. */
export const projectId = (project = 1): string => idOf(project);
export const epicId = (epic: number, project = 1): string => idOf(project * 100 + epic);
export const storyId = (number: string, project = 1): string => {
  const [epic = 0, story = 0] = number.split('.').map(Number);
  return idOf(project * 10_000 + epic * 100 + story);
};

export const projectRef = (project = 1) => ({ type: 'project', id: projectId(project) });
export const epicRef = (epic: number, project = 1) => ({ type: 'epic', id: epicId(epic, project) });
export const storyRef = (number: string, project = 1) => ({ type: 'story', id: storyId(number, project) });
const graphRef = (project = 1) => ({ type: 'dependency', id: projectId(project) });

export function projectCreated(project = 1): NewEvent {
  const data = { name: `Project ${project}`, slug: `project-${project}`, description: '' };
  return record(ProjectCreated, projectRef(project), data, projectId(project));
}

export function epicCreated(epic: number, project = 1): NewEvent {
  const data = { project_id: projectId(project), number: epic, title: `Epic ${epic}`, description: '' };
  return record(EpicCreated, epicRef(epic, project), data, projectId(project));
}

export function storyCreated(number: string, told: Partial<Pick<Story, 'criteria'>> = {}, project = 1): NewEvent {
  const data = {
    project_id: projectId(project),
    epic_id: epicId(Number(number.split('.')[0]), project),
    number,
    title: `Story ${number}`,
    description: '',
    priority: 2,
    estimate: null,
    criteria: [],
    ...told,
  };
  return record(StoryCreated, storyRef(number, project), data, projectId(project));
}

export const projectArchived = (project = 1): NewEvent =>
  record(ProjectArchived, projectRef(project), {}, projectId(project));
export const epicArchived = (epic: number): NewEvent => record(EpicArchived, epicRef(epic), {}, projectId());
export const storyArchived = (number: string): NewEvent => record(StoryArchived, storyRef(number), {}, projectId());

/** `edgeOf(7, '1.2', '1.1')` between stories, `edgeOf(8, '2', '1')` between epics. */
export function edgeOf(id: number, from: string, to: string): DependencyEdge {
  const level = from.includes('.') ? 'story' : 'epic';
  return { dependency_id: idOf(800_000 + id), level, from: endOf(from), to: endOf(to) };
}

function endOf(number: string): DependencyEnd {
  const epic_id = epicId(Number(number.split('.')[0]));
  return { id: number.includes('.') ? storyId(number) : epic_id, number, epic_id };
}

export function dependencyAdded(edge: DependencyEdge): NewEvent {
  return record(DependencyAdded, graphRef(), edge, projectId());
}

export const dependencyRemoved = (edge: DependencyEdge): NewEvent => removeEdge(projectId(), edge);

/** A project with epics 1 to 3, each with stories 1 to 3. */
export function plan(): NewEvent[] {
  const epics = [1, 2, 3];
  return [
    projectCreated(),
    ...epics.map((epic) => epicCreated(epic)),
    ...epics.flatMap((epic) => [1, 2, 3].map((story) => storyCreated(`${epic}.${story}`))),
  ];
}
