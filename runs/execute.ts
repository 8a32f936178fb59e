// Runs a candidate with the tests that judge it, and says what came of it.
import { RunExecutionFinished, RunExecutionStarted, RunFailed } from '../events/run-fact.ts';
import { bestCandidate, type Candidate, type Execution } from '../events/run.ts';
import { brokenResult } from '../sandbox/broken.ts';
import { SandboxUnavailable } from '../sandbox/chain.ts';
import { errorClassOf, failureDigestOf, type Judged } from './failure.ts';
import type { Failure } from './harness/report.ts';
import { isSolved, judge, type Judgement } from './judge.ts';
import { fact, type StepFact, type StepWorld } from './step.ts';

const maxKept = 65_536;

export async function execute(world: StepWorld, number: number): Promise<StepFact[]> {
  const candidate = candidateOf(world, number);
  const { language, prompt, tests } = world.run;
  const program = {
    language,
    code: (await world.read(candidate.code)).toString(),
    tests: tests === null ? null : (await world.read(tests)).toString(),
    entry: entryOf(prompt),
  };
  await world.note([fact(RunExecutionStarted, { candidate: number, attempt: candidate.tries + 1 })]);
  try {
    const judgement = await judge(world, program, 'run');
    return [fact(RunExecutionFinished, { candidate: number, ...(await describe(world, judgement)) })];
  } catch (error) {
    if (!(error instanceof SandboxUnavailable)) throw error;
    // What has run it before may come back, also where another worker sees it for the first time.
    if (candidate.broken > 0) return [fact(RunExecutionFinished, await brokenOff(world, number, error.message))];
    const best = bestCandidate(world.run);
    return [fact(RunFailed, { reason: 'sandbox_unavailable', detail: error.message.slice(0, 2_000), best })];
  }
}

async function brokenOff(world: StepWorld, candidate: number, trouble: string) {
  const [tier = 'docker'] = world.run.tiers;
  const result = brokenResult(tier, trouble, 0);
  return { candidate, ...(await describe(world, { result, report: null, stdout: '', stderr: '' })) };
}

export function candidateOf({ run }: StepWorld, number: number): Candidate {
  const candidate = run.candidates.find((one) => one.number === number);
  if (candidate === undefined) throw new Error(`there is no candidate ${number}`);
  return candidate;
}

/** The function that a prompt ends with, as those do that leave its body open. */
export function entryOf(prompt: string): string | null {
  return [...prompt.matchAll(/^\s*def\s+(\w+)\s*\(/gm)].at(-1)?.[1] ?? null;
}

async function describe(world: StepWorld, judgement: Judgement): Promise<Execution> {
  const { result, report, stdout, stderr } = judgement;
  const { verdict, exitCode, tier, timings } = result;
  const hasTests = world.run.tests !== null;
  const is_solved = isSolved(judgement, hasTests);
  const judged: Judged = { report, verdict, exitCode, stderr };
  /** Neither trouble of ours nor tests that are none say anything of the code. */
  const isBlamed = !is_solved && verdict !== 'sandbox_error' && report?.stage !== 'tests';
  return {
    tier,
    verdict,
    exit_code: exitCode,
    tests: hasTests && report?.stage === 'end' ? countsOf(report) : null,
    is_solved,
    error_class: isBlamed ? errorClassOf(judged) : null,
    failure: isBlamed ? failureDigestOf(judged) : null,
    failures: report === null || report.failures.length === 0 ? null : await keepFailures(world, report.failures),
    stdout: stdout === '' ? null : await world.keep(stdout.slice(0, maxKept)),
    stderr: stderr === '' ? null : await world.keep(stderr.slice(0, maxKept)),
    ready_ms: Math.round(timings.readyMs),
    run_ms: Math.round(timings.runMs),
    artifacts: await keepArtifacts(world, result.artifacts),
    trouble: troubleOf(judgement)?.slice(0, 2_000) ?? null,
  };
}

function countsOf({ passed, failed, errors }: NonNullable<Judgement['report']>): NonNullable<Execution['tests']> {
  return { passed, failed, errors };
}

function troubleOf({ result, report }: Judgement): string | null {
  if (result.verdict === 'sandbox_error') return result.trouble ?? 'the sandbox broke';
  if (report?.stage !== 'tests') return null;
  const [first] = report.failures;
  return `${first?.type ?? 'error'}: ${first?.message ?? ''}`;
}

async function keepFailures(world: StepWorld, failures: readonly Failure[]): ReturnType<StepWorld['keep']> {
  return await world.keep(JSON.stringify(failures));
}

async function keepArtifacts(
  world: StepWorld,
  artifacts: Judgement['result']['artifacts'],
): Promise<Execution['artifacts']> {
  const kept: Execution['artifacts'] = [];
  for (const { name, content } of artifacts.slice(0, 50)) {
    if (name.length <= 200) kept.push({ name, content: await world.keep(content) });
  }
  return kept;
}
