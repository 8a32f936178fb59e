// Commands that are made of those of several nouns: no noun knows another.
import { draftDependency } from './dependency.ts';
import { changeEpic, createEpic } from './epic.ts';
import { makeImportPlan } from './plan-import.ts';
import { changeStory, createStory, reviseCriteria } from './story.ts';

export const importPlan = makeImportPlan({
  createEpic,
  changeEpic,
  createStory,
  changeStory,
  reviseCriteria,
  draftDependency,
});
