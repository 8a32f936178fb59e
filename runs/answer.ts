// What a model's answer says: code, or JSON of a shape. An answer that says neither is asked for once more.
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Language } from '../sandbox/port.ts';
import type { Asked, Question, StepWorld } from './step.ts';

export type Stop = Extract<Asked, { stop: string }>;
export type Answered<Answer> = { readonly answer: Answer } | Stop;

/** What was made of a text, or what is wrong with it as the model should be told. */
export type Reading<Answer> = { readonly answer: Answer } | { readonly fault: string };

/** Asks, and where the answer cannot be read asks once more and says why. */
export async function askFor<Answer>(
  world: Pick<StepWorld, 'ask'>,
  question: Question,
  read: (text: string) => Reading<Answer> | Promise<Reading<Answer>>,
): Promise<Answered<Answer> | { readonly fault: string }> {
  const first = await world.ask(question);
  if ('stop' in first) return first;
  const reading = await read(first.text);
  if ('answer' in reading) return reading;
  const { messages } = question;
  const second = await world.ask({
    ...question,
    messages: [
      ...messages,
      { role: 'assistant', text: first.text },
      { role: 'user', text: `${reading.fault}\n\nAnswer again, whole and in the form that was asked for.` },
    ],
  });
  return 'stop' in second ? second : await read(second.text);
}

const maxCodeLength = 200_000;
const fenceNames: Readonly<Record<Language, string>> = { python: 'py', javascript: 'javascript|js|mjs' };

/** The longest fenced block, or all of it where there is none. */
export function readCode(language: Language, text: string): Reading<string> {
  const blocks = [...text.matchAll(/^[ \t]*```([\w+-]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*```|(?![\s\S]))/gm)];
  const named = new RegExp(`^(?:${fenceNames[language]})`, 'i');
  const own = blocks.filter(([, name = '']) => named.test(name));
  const bodies = (own.length > 0 ? own : blocks).map(([, , body = '']) => body);
  const code =
    blocks.length === 0 ? text : bodies.reduce((long, body) => (body.length > long.length ? body : long), '');
  if (code.trim() === '') return { fault: 'There was no code in the answer.' };
  if (code.length > maxCodeLength) return { fault: `The code is longer than ${maxCodeLength} characters.` };
  return { answer: `${code.trimEnd()}\n` };
}

/** JSON of a shape, fenced or bare. */
export function readJson<Shape extends TSchema>(shape: Shape, text: string): Reading<Static<Shape>> {
  const begin = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (begin === -1 || end < begin) return { fault: 'There was no JSON in the answer.' };
  let said: unknown;
  try {
    said = JSON.parse(text.slice(begin, end + 1));
  } catch (error) {
    return { fault: `The JSON cannot be read: ${String(error).slice(0, 200)}` };
  }
  if (Value.Check(shape, said)) return { answer: said };
  const [first] = Value.Errors(shape, said);
  return { fault: `The JSON is not of the shape: ${first?.instancePath ?? ''} ${first?.message ?? 'wrong'}.` };
}
