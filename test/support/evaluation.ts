// Cases for specs: what is asked, and nothing expected but that it is solved.
import { type EvaluationCase, expectationOf } from '../../kernel/evaluation-case.ts';
import { contentOf } from './run.ts';

export const evaluationPrompt = 'Write add(a, b).';

export function evaluationCase(name: string, told: Partial<EvaluationCase> = {}): EvaluationCase {
  return {
    name,
    language: 'python',
    prompt: contentOf(evaluationPrompt),
    tests: contentOf('assert add(1, 2) == 3'),
    ...expectationOf({}),
    ...told,
  };
}
