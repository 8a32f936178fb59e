// The instructions that models are given, kept as files. Their version is their digest, which stands in every call's record.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../kernel/digest.ts';
import type { Question } from './step.ts';

export interface Instruction {
  readonly text: string;
  readonly version: string;
}

function readInstruction(purpose: Question['purpose']): Instruction {
  const text = readFileSync(path.join(import.meta.dirname, 'prompt', `${purpose}.md`), 'utf8').trim();
  return { text, version: digestOf(text) };
}

export const instructions: Readonly<Record<Question['purpose'], Instruction>> = {
  classify: readInstruction('classify'),
  plan: readInstruction('plan'),
  code: readInstruction('code'),
  review: readInstruction('review'),
};

const languageNames = { python: 'Python', javascript: 'JavaScript' } as const;

/** The question of a purpose, with what it is about as titled parts; empty ones are left out. */
export function questionOf(
  purpose: Question['purpose'],
  language: keyof typeof languageNames,
  parts: Readonly<Record<string, string>>,
): Pick<Question, 'purpose' | 'promptVersion' | 'messages'> {
  const { text, version } = instructions[purpose];
  const told = Object.entries(parts).filter(([, part]) => part.trim() !== '');
  return {
    purpose,
    promptVersion: version,
    messages: [
      { role: 'system', text: text.replaceAll('{{language}}', languageNames[language]) },
      { role: 'user', text: told.map(([title, part]) => `## ${title}\n\n${part.trim()}`).join('\n\n') },
    ],
  };
}
