// Puts the parts of a plan into one program: imports first and once, then each part after those it depends on.
import { RunCodeMerged } from '../events/run-fact.ts';
import type { Language } from '../sandbox/port.ts';
import { mergeJavascript } from './merge-javascript.ts';
import { mergePython } from './merge-python.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';
import { inOrder } from './subtask.ts';

export interface Part {
  readonly id: string;
  readonly code: string;
}

export async function merge(world: StepWorld): Promise<StepFact[]> {
  const { run } = world;
  const parts: Part[] = [];
  for (const { id } of inOrder(run.subtasks ?? [])) {
    const content = run.parts[id];
    if (content === undefined) throw new Error(`the part ${id} is not written`);
    parts.push({ id, code: (await world.read(content)).toString() });
  }
  const merged = await world.keep(mergeParts(run.language, parts));
  return [fact(RunCodeMerged, { candidate: 1, code: merged })];
}

export function mergeParts(language: Language, parts: readonly Part[]): string {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.code;
  return language === 'python' ? mergePython(parts) : mergeJavascript(parts);
}
