// The tasks of our own: what is asked for, a right solution, and the tests that judge it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Language, languages } from '../sandbox/port.ts';

export interface Task {
  readonly id: string;
  readonly category: string;
  readonly language: Language;
  readonly prompt: string;
  readonly solution: string;
  readonly tests: string;
}

const folder = path.join(import.meta.dirname, 'corpus');
const shape =
  /^# (?<category>[\w-]+) \/ (?<name>[\w-]+)\n\n(?<prompt>[\s\S]+?)\n\n## Solution\n\n```(?<language>\w+)\n(?<solution>[\s\S]+?)```\n\n## Tests\n\n```\w+\n(?<tests>[\s\S]+?)```\n$/;

export function readTasks(): Task[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'));
  return names.toSorted().map((name) => readTask(name, readFileSync(path.join(folder, name), 'utf8')));
}

function readTask(file: string, text: string): Task {
  const parts = shape.exec(text)?.groups ?? {};
  const language = languages.find((one) => one === parts['language']);
  if (language === undefined) throw new Error(`${file} is no task`);
  const { category = '', name = '', prompt = '', solution = '', tests = '' } = parts;
  return { id: `${category}/${name}`, category, language, prompt, solution, tests };
}
