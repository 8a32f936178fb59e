// The problems of each set, in the same form.
import { readTasks } from '../../runs/corpus.ts';
import { readCorpus } from '../../test/corpus/problem.ts';
import type { ProblemSet } from './options.ts';

export interface BenchmarkProblem {
  readonly id: string;
  readonly category: string;
  readonly language: 'python' | 'javascript';
  readonly prompt: string;
  readonly tests: string;
}

export function readProblems(problems: ProblemSet, data: string | null): BenchmarkProblem[] {
  if (problems === 'custom') return readTasks();
  const read = data === null ? readCorpus(problems) : readCorpus(problems, data);
  return read.map(({ id, prompt, tests }) => ({
    id,
    category: problems,
    language: 'python',
    prompt: problems === 'humaneval' ? `Complete this function, and give the whole file.\n\n${prompt}` : prompt,
    tests,
  }));
}
