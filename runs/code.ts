// Writes one part of a plan, knowing the parts before it.
import { RunCodeGenerated, RunFailed } from '../events/run-fact.ts';
import { askFor, readCode } from './answer.ts';
import { questionOf } from './instruction.ts';
import { withRunCode } from './run-code.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';
import { inOrder } from './subtask.ts';

export async function code(world: StepWorld, id: string): Promise<StepFact[]> {
  const { run } = world;
  const subtasks = inOrder(run.subtasks ?? []);
  const subtask = subtasks.find((one) => one.id === id);
  if (subtask === undefined) throw new Error(`the plan has no part ${id}`);
  const question = questionOf('code', run.language, {
    Task: run.prompt,
    ...(subtasks.length === 1
      ? {}
      : {
          Plan: subtasks.map((one) => `- ${one.id}: ${one.title}`).join('\n'),
          'Written so far': await writtenBefore(world, id),
          'Write now': `Only the part \`${id}\`: ${subtask.title}. It goes into the same file after what is written, so use that by its names and do not repeat it.`,
        }),
  });
  const asking = withRunCode(world, null);
  const asked = await askFor(asking, { ...question, maxOutputTokens: 8_000 }, (text) => readCode(run.language, text));
  if ('answer' in asked) {
    return [fact(RunCodeGenerated, { subtask: id, code: await world.keep(asked.answer) })];
  }
  const failed = 'stop' in asked ? { reason: asked.stop, detail: asked.detail } : noCode(asked.fault);
  return [fact(RunFailed, { ...failed, best: null })];
}

function noCode(detail: string): { readonly reason: 'model_error'; readonly detail: string } {
  return { reason: 'model_error', detail };
}

async function writtenBefore(world: StepWorld, id: string): Promise<string> {
  const { subtasks, parts, language } = world.run;
  const blocks: string[] = [];
  for (const one of inOrder(subtasks ?? [])) {
    const part = parts[one.id];
    if (one.id === id || part === undefined) continue;
    blocks.push(`Part \`${one.id}\`:\n\`\`\`${language}\n${(await world.read(part)).toString().trimEnd()}\n\`\`\``);
  }
  return blocks.join('\n\n');
}
