// Import of a plan: epics, stories and what needs what, as one document and in one commit.
import type { CommandDefinition, World } from '../kernel/command.ts';
import { dependencyStream } from '../events/dependency.ts';
import { epicStream } from '../events/epic.ts';
import { storyStream } from '../events/story.ts';
import { dependencyRules } from '../policies/dependency.ts';
import { numbersOfProject, planLimits, type PlanNumbers, planRefusals, planRules } from '../policies/plan.ts';
import { openProject } from '../policies/project.ts';
import { requireRole } from '../policies/role.ts';
import type { ImportPlan, PlanCommands } from './plan-document.ts';
import { Importing } from './plan-import.ts';

export function makeImportPlan(commands: PlanCommands): CommandDefinition<ImportPlan> {
  return {
    name: 'ImportPlan',
    subject: ({ project_id }) => ({ type: 'project', id: project_id }),
    authorize(_command, world) {
      requireRole(planRules.import, world.actor);
      requireRole(dependencyRules.add, world.actor);
    },
    decide(command, world) {
      openProject(world, command.project_id);
      requireStoryLimit(command);
      const numbers = world.lookup(numbersOfProject, command.project_id);
      askForNamed(command, numbers, world);
      const importing = new Importing(commands, command, { world, numbers });
      importing.run();
      return { events: command.dry_run ? [] : importing.events, report: importing.report() };
    },
  };
}

function requireStoryLimit({ plan }: ImportPlan): void {
  const stories = plan.epics.reduce((sum, epic) => sum + (epic.stories?.length ?? 0), 0);
  if (stories <= planLimits.stories) return;
  throw planRefusals.refuse('plan_too_many_stories', `The plan has ${stories} stories.`);
}

/** All that the plan names and the project has, asked for at once and before any work is done. */
function askForNamed({ project_id, plan }: ImportPlan, numbers: PlanNumbers, world: World): void {
  const ids = { epic: new Set<string>(), story: new Set<string>() };
  const name = (number: string | number | undefined): void => {
    const text = String(number);
    const held = numbers.get(text);
    if (held === undefined || held.deleted) return;
    ids[text.includes('.') ? 'story' : 'epic'].add(held.id);
    if (text.includes('.')) name(text.split('.')[0]);
  };
  for (const epic of plan.epics) {
    for (const number of [epic.number, ...(epic.needs ?? [])]) name(number);
    for (const story of epic.stories ?? []) for (const number of [story.number, ...(story.needs ?? [])]) name(number);
  }
  world.findAll(epicStream, [...ids.epic]);
  world.findAll(storyStream, [...ids.story]);
  world.find(dependencyStream, project_id);
}
