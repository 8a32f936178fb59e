// Asks why a candidate failed and how to mend it. The tests themselves are not shown, only how they failed.
import { type Static, Type } from 'typebox';
import { ErrorClass, RunFailed, RunReviewCompleted } from '../events/run-fact.ts';
import { bestCandidate, type Candidate, type Execution, type Run } from '../events/run.ts';
import { SandboxUnavailable } from '../sandbox/chain.ts';
import { askFor, type Reading, readCode, readJson } from './answer.ts';
import { candidateOf } from './execute.ts';
import type { Failure } from './harness/report.ts';
import { questionOf } from './instruction.ts';
import { judge } from './judge.ts';
import { withRunCode } from './run-code.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';
import { withoutLinesOf } from './tests-text.ts';

const Answer = Type.Object(
  {
    root_cause: Type.String({ minLength: 1 }),
    error_class: ErrorClass,
    fix: Type.String({ minLength: 1 }),
    code: Type.String({ minLength: 1 }),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    changes: Type.Array(Type.String(), { maxItems: 50 }),
  },
  { additionalProperties: false },
);
type Proposal = Static<typeof Answer>;

const maxShown = 3_000;

export async function review(world: StepWorld, number: number): Promise<StepFact[]> {
  const { run } = world;
  const candidate = candidateOf(world, number);
  const question = questionOf('review', run.language, await partsOf(world, candidate));
  let last: Proposal | null = null;
  const read = async (text: string): Promise<Reading<Proposal>> => {
    const reading = readProposal(run, text);
    if ('fault' in reading) return reading;
    last = reading.answer;
    const fault = await faultOfCode(world, reading.answer.code);
    return fault === null ? reading : { fault };
  };
  const shape = { name: 'review', schema: Answer };
  const asking = withRunCode(world, (await world.read(candidate.code)).toString());
  const asked = await askFor(asking, { ...question, maxOutputTokens: 10_000, shape }, read);
  if ('answer' in asked) return [await completed(world, number, asked.answer, true)];
  if ('stop' in asked) return [failed(run, asked.stop, asked.detail)];
  return [last === null ? failed(run, 'model_error', asked.fault) : await completed(world, number, last, false)];
}

function readProposal(run: Run, text: string): Reading<Proposal> {
  const reading = readJson(Answer, text);
  if ('fault' in reading) return reading;
  const code = readCode(run.language, reading.answer.code);
  return 'fault' in code ? code : { answer: { ...reading.answer, code: code.answer } };
}

/** What breaks on our side is not held against the code; its execution will tell. */
async function faultOfCode(world: StepWorld, code: string): Promise<string | null> {
  const program = { language: world.run.language, code, tests: null, entry: null };
  const report = await judge(world, program, 'compile').then(
    (judgement) => judgement.report,
    (error: unknown) => {
      if (error instanceof SandboxUnavailable) return null;
      throw error;
    },
  );
  if (report?.stage !== 'syntax') return null;
  const [first] = report.failures;
  const line = first?.frames.at(-1)?.line ?? null;
  return `The code does not compile: ${first?.message ?? ''}${line === null ? '' : ` in line ${line}`}.`;
}

async function completed(world: StepWorld, number: number, proposal: Proposal, compiles: boolean): Promise<StepFact> {
  const { root_cause, error_class, fix, code, confidence, changes } = proposal;
  return fact(RunReviewCompleted, {
    candidate: number,
    root_cause: root_cause.slice(0, 2_000),
    error_class,
    fix: fix.slice(0, 2_000),
    code: compiles ? await world.keep(code) : null,
    confidence,
    changes: changes.slice(0, 20).map((change) => change.slice(0, 500)),
  });
}

function failed(run: Run, reason: 'model_error' | 'budget' | 'attempts', detail: string): StepFact {
  return fact(RunFailed, { reason, detail: detail.slice(0, 2_000), best: bestCandidate(run) });
}

async function partsOf(world: StepWorld, { code, execution }: Candidate): Promise<Record<string, string>> {
  const { run } = world;
  if (execution === null) throw new Error('what was not executed cannot be reviewed');
  const tests = run.tests === null ? '' : (await world.read(run.tests)).toString();
  const text = (await world.read(code)).toString();
  const shown = async (content: Execution['stdout']): Promise<string> =>
    content === null ? '' : withoutLinesOf(tests, (await world.read(content)).toString()).slice(-maxShown);
  const failures =
    execution.failures === null
      ? []
      : (JSON.parse((await world.read(execution.failures)).toString()) as readonly Failure[]);
  return {
    Task: run.prompt,
    Code: `\`\`\`${run.language}\n${text.trimEnd()}\n\`\`\``,
    'How it failed': withoutLinesOf(
      tests,
      [endingOf(execution), ...failures.map((one) => toldOf(one, text))].join('\n'),
    ),
    'What it wrote': await shown(execution.stdout),
    'Its error output': await shown(execution.stderr),
    'Tried before': run.candidates
      .flatMap((one) => (one.review === null ? [] : [`- ${one.review.root_cause} Fix: ${one.review.fix}`]))
      .join('\n'),
  };
}

function endingOf({ verdict, exit_code, tests, error_class }: Execution): string {
  const ended = `It ended with the verdict ${verdict}${exit_code === null ? '' : `, exit code ${exit_code}`} (${error_class ?? 'no'} error).`;
  if (tests === null) return `${ended} Its tests were not seen to run to their end.`;
  return `${ended} Of its tests ${tests.passed} passed, ${tests.failed} failed and ${tests.errors} broke.`;
}

/** The lines of the program come from here, because what is said inside the sandbox is not to be relied on. */
function toldOf({ type, message, frames }: Failure, code: string): string {
  const lines = code.split('\n');
  const places = frames.flatMap(({ line }) => {
    const text = line === null ? undefined : lines[line - 1];
    return text === undefined ? [] : [`  line ${line}: ${text.trim()}`];
  });
  return [`- ${type}: ${message}`, ...places].join('\n');
}
