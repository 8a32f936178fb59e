// Faults put into right solutions, and a model that answers first the fault and then what its review makes of it: those
// with a fix must be solved in as many rounds as they were given, and those without one must never be.
import type { Question } from '../../runs/step.ts';
import type { SandboxPort } from '../../sandbox/port.ts';
import { fenced, reviewOf, RunStory } from '../support/run-story.ts';
import { codeOf, type Mutation, type Problem } from './problem.ts';

/** Answers by round; `none` is the right solution. */
const courses: readonly (readonly Mutation[])[] = [
  ['wrong', 'none'],
  ['exception', 'none'],
  ['loop', 'none'],
  ['wrong', 'exception', 'none'],
  ['wrong', 'exception', 'loop'],
  ['exception', 'exception'],
];

const classes: Readonly<Record<Mutation, readonly string[]>> = {
  none: [],
  wrong: ['logic', 'runtime'],
  exception: ['runtime'],
  loop: ['timeout'],
};

/** Whose right solution takes seconds by itself. */
const slow = new Set(['MBPP/123']);

export interface RepairScore {
  readonly total: number;
  readonly fixable: number;
  readonly solved: number;
  readonly falselySolved: number;
  readonly seconds: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export interface Repairing {
  readonly workers: number;
  readonly onProgress?: (done: number) => void;
}

export async function repairAll(
  port: SandboxPort,
  problems: readonly Problem[],
  { workers, onProgress }: Repairing,
): Promise<RepairScore> {
  const waiting = problems.map((problem, index) => ({ problem, course: courses[index % courses.length] ?? [] }));
  const [total, begun] = [waiting.length, performance.now()];
  const fixable = waiting.filter(({ course }) => course.at(-1) === 'none').length;
  const reasons: Record<string, number> = {};
  const faults: string[] = [];
  let [solved, falselySolved] = [0, 0];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const story = await repairOne(port, one.problem, one.course);
      const reason = story.run.outcome?.reason ?? 'not ended';
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      const isFixable = one.course.at(-1) === 'none';
      if (reason === 'solved' && isFixable) solved += 1;
      if (reason === 'solved' && !isFixable) falselySolved += 1;
      faults.push(
        ...faultsOf(story, one.course).map((fault) => `${one.problem.id} ${one.course.join(', ')}: ${fault}`),
      );
      onProgress?.(total - waiting.length);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  const seconds = (performance.now() - begun) / 1_000;
  return { total, fixable, solved, falselySolved, seconds, reasons, faults };
}

async function repairOne(port: SandboxPort, problem: Problem, course: readonly Mutation[]): Promise<RunStory> {
  const codes = course.map((mutation, round) => `${codeOf(problem, mutation)}\n# round ${round}\n`);
  const limits = {
    max_repairs: 3,
    max_calls: 20,
    cap_micros: null,
    deadline_s: 600,
    // An endless one need not be waited for as long to be known; a right one must have its time.
    wall_ms: course.includes('loop') && !slow.has(problem.id) ? 4_000 : 30_000,
    memory_bytes: 268_435_456,
  };
  const { prompt, tests } = problem;
  const story = new RunStory(port, answering(codes), { prompt: prompt.slice(0, 20_000), tests_text: tests, limits });
  await story.go();
  return story;
}

/** What is not simple is planned as a part that is nothing and one that is all. */
function answering(codes: readonly string[]): (question: Question) => string {
  let round = 0;
  return ({ purpose, messages }) => {
    if (purpose === 'plan') return planned;
    if (purpose === 'review') return reviewOf(codes[(round += 1)] ?? '');
    return messages.at(-1)?.text.includes('Only the part `nothing`') === true
      ? fenced('nothing = None\n')
      : fenced(codes[0] ?? '');
  };
}

const planned = JSON.stringify({
  subtasks: [
    { id: 'nothing', title: 'nothing', depends_on: [], complexity: 'simple' },
    { id: 'all', title: 'all of it', depends_on: ['nothing'], complexity: 'simple' },
  ],
});

/** What is not as it must be: the end, the rounds, the cost, or the reason that stands with each failure. */
function faultsOf({ run, questions, history }: RunStory, course: readonly Mutation[]): string[] {
  const isFixable = course.at(-1) === 'none';
  const { outcome, candidates } = run;
  const failed = candidates.filter(({ execution }) => execution?.is_solved !== true);
  const wrongly = failed.filter(({ execution }, round) => {
    const expected = classes[course[round] ?? 'none'];
    return !expected.includes(execution?.error_class ?? 'none') || execution?.failure === null;
  });
  const costs = history.facts.filter(({ kind }) => kind.type === 'run.model_called');
  return [
    ...(isFixable === (outcome?.reason === 'solved') ? [] : [`ended ${outcome?.reason}: ${outcome?.detail}`]),
    ...(isFixable && candidates.length !== course.length ? [`took ${candidates.length - 1} repairs`] : []),
    ...wrongly.map(({ execution }) => `failed as ${execution?.error_class}, ${execution?.verdict}`),
    ...(costs.length === questions.length && run.cost_micros === 100 * questions.length ? [] : ['a cost is missing']),
    ...(isFixable || outcome?.detail !== '' ? [] : ['the reason is missing']),
  ];
}
