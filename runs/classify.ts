// How hard a task is: by its text, which costs nothing, or by asking a model.
import { type Static, Type } from 'typebox';
import { bestCandidate } from '../events/run.ts';
import type { Thresholds } from '../events/model-routing.ts';
import { Complexity, RunClassified, RunFailed } from '../events/run-fact.ts';
import { askFor, readJson } from './answer.ts';
import { questionOf } from './instruction.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';

const Answer = Type.Object(
  { complexity: Complexity, confidence: Type.Number({ minimum: 0, maximum: 1 }) },
  { additionalProperties: false },
);
type Judgement = Static<typeof Answer>;

/** Words that come with several parts that have to fit together. */
const hardWords =
  /\b(?:parser|compiler|interpreter|protocol|concurren\w*|scheduler|database|transaction\w*|cache|server|pipeline|simulat\w*|optimi[sz]\w*|dynamic programming|backtracking|state machine|tokeni[sz]\w*)\b/gi;
const listItem = /^\s*(?:[-*]|\d+[.)])\s/gm;
const declared = /\b(?:def|class|function)\s+\w+/g;

export function judgeTask(prompt: string, thresholds: Thresholds): Judgement {
  const count = (shape: RegExp): number => prompt.match(shape)?.length ?? 0;
  const words = prompt.split(/\s+/).length;
  const declarations = new Set(prompt.match(declared)).size;
  const score =
    Math.min(4, words / 100) +
    Math.min(3, count(listItem) / 2) +
    Math.min(4, new Set(prompt.toLowerCase().match(hardWords)).size * 1.5) +
    Math.min(4, Math.max(0, declarations - 1) * 1.5);
  const complexity = score >= thresholds.hard ? 'hard' : score >= thresholds.medium ? 'medium' : 'simple';
  const distance = Math.min(Math.abs(score - thresholds.medium), Math.abs(score - thresholds.hard));
  return { complexity, confidence: Math.round(Math.min(0.95, 0.5 + distance / 8) * 100) / 100 };
}

export async function classify(world: StepWorld): Promise<StepFact[]> {
  const { run } = world;
  if (run.classify === 'heuristic') return [await judgedByText(world)];
  const question = questionOf('classify', run.language, { Task: run.prompt });
  const shape = { name: 'classification', schema: Answer };
  const asked = await askFor(world, { ...question, maxOutputTokens: 300, shape }, (text) => readJson(Answer, text));
  if ('answer' in asked) return [fact(RunClassified, { ...asked.answer, by: 'model' })];
  if ('stop' in asked) return [fact(RunFailed, { reason: asked.stop, detail: asked.detail, best: bestCandidate(run) })];
  // It is not worth ending a run for.
  return [await judgedByText(world)];
}

async function judgedByText(world: StepWorld): Promise<StepFact> {
  return fact(RunClassified, { ...judgeTask(world.run.prompt, await world.thresholds()), by: 'heuristic' });
}
