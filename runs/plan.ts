// Splits a task into parts. A simple one is its own only part, and no model is asked.
import { Type } from 'typebox';
import { RunFailed, RunPlanned, Subtask as SubtaskShape } from '../events/run-fact.ts';
import { askFor, type Reading, readJson } from './answer.ts';
import { questionOf } from './instruction.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';
import { faultOfPlan, type Subtask } from './subtask.ts';

const Answer = Type.Object(
  { subtasks: Type.Array(SubtaskShape, { minItems: 2, maxItems: 6 }) },
  { additionalProperties: false },
);

export async function plan(world: StepWorld): Promise<StepFact[]> {
  const { run } = world;
  if (run.complexity === 'simple') return [fact(RunPlanned, { subtasks: [wholeTask] })];
  const question = questionOf('plan', run.language, { Task: run.prompt });
  const shape = { name: 'plan', schema: Answer };
  const asked = await askFor(world, { ...question, maxOutputTokens: 2_000, shape }, readPlan);
  if ('answer' in asked) return [fact(RunPlanned, { subtasks: [...asked.answer] })];
  if ('stop' in asked) return [fact(RunFailed, { reason: asked.stop, detail: asked.detail, best: null })];
  return [fact(RunFailed, { reason: 'plan_invalid', detail: asked.fault, best: null })];
}

const wholeTask: Subtask = { id: 'main', title: 'The whole task', depends_on: [], complexity: 'simple' };

function readPlan(text: string): Reading<readonly Subtask[]> {
  const reading = readJson(Answer, text);
  if ('fault' in reading) return reading;
  const fault = faultOfPlan(reading.answer.subtasks);
  return fault === null ? { answer: reading.answer.subtasks } : { fault };
}
