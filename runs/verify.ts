// The step of a run that verifies: fetch what was handed in, put the trusted tests in their place, run them, say what was seen.
import { setTimeout } from 'node:timers/promises';
import type { VerificationOrder } from '../kernel/verification.ts';
import { SandboxUnavailable } from '../sandbox/chain.ts';
import { RunFailed, RunRested, RunVerificationJudged } from '../events/run-fact.ts';
import { maxBroken, restUntilMs } from './broken.ts';
import { fact, type StepFact, type StepPerformer, type StepWorld } from './step.ts';
import { defaultGitLimits, type GitLimits, Repository, Unusable } from './verify/git.ts';
import { boundFiles, judge } from './verify/judge.ts';
import { type Observed, prepare } from './verify/observe.ts';
import { type Finding, type Seen, type Signature, signedStatement } from './verify/statement.ts';
import { defaultTreeLimits, overlay, readTree, type Tree, type TreeLimits } from './verify/tree.ts';

export interface VerifyOptions {
  /** With the tenant's key for `runner`. */
  sign(tenantId: string, bytes: Buffer): Promise<Signature>;
  /** Head of the tenant's log. */
  position(tenantId: string): Promise<number>;
  /** For development: repositories of this machine. */
  readonly allowLocal: boolean;
  readonly gitLimits?: GitLimits;
  readonly treeLimits?: TreeLimits;
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const fetchTries = 3;
const betweenTriesMs = 1_000;

/** The sandbox broke, which says nothing of the code. */
class Broken extends Error {
  override readonly name = 'Broken';
}

export function verifier(options: VerifyOptions): StepPerformer {
  return async (world): Promise<readonly StepFact[]> => {
    const { order } = world.run;
    if (order === undefined) throw new Error('a run that verifies has an order');
    try {
      const finding = await find(world, options, order);
      const statement = await signedStatement(finding, (bytes) => options.sign(world.tenantId, bytes));
      const { reasons } = finding;
      const data = { is_passed: reasons.length === 0, reasons: [...reasons], statement: await world.keep(statement) };
      return [fact(RunVerificationJudged, data)];
    } catch (error) {
      if (error instanceof SandboxUnavailable) {
        const detail = error.message.slice(0, 2_000);
        return [fact(RunFailed, { reason: 'sandbox_unavailable', detail, best: null })];
      }
      if (!(error instanceof Broken)) throw error;
      return [afterBreak(world, error)];
    }
  };
}

function afterBreak(world: StepWorld, { message }: Broken): StepFact {
  const broken = world.run.breaks + 1;
  if (broken < maxBroken) {
    return fact(RunRested, {
      until: new Date(restUntilMs(broken, world.now())).toISOString(),
      reason: 'sandbox_error',
    });
  }
  const detail = `The sandbox was unavailable: it broke ${broken} times in a row, at last so: ${message}`;
  return fact(RunFailed, { reason: 'sandbox_error', detail: detail.slice(0, 2_000), best: null });
}

type Found = Pick<Finding, 'testsHash' | 'commit' | 'base' | 'reasons'>;

async function find(world: StepWorld, options: VerifyOptions, order: VerificationOrder): Promise<Finding> {
  const { tenantId, runId } = world;
  const found = await look(world, options, order);
  const [position, at] = [await options.position(tenantId), new Date(world.now()).toISOString()];
  return { tenantId, runId, position, at, order, ...found };
}

async function look(world: StepWorld, options: VerifyOptions, order: VerificationOrder): Promise<Found> {
  try {
    const repository = await fetchPatiently(world, options, order);
    try {
      return await lookInto(repository, world, options, order);
    } finally {
      await repository.close();
    }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return { testsHash: null, commit: null, base: null, reasons: [error.message.slice(0, 500)] };
  }
}

async function fetchPatiently(
  { signal }: StepWorld,
  { allowLocal, gitLimits: limits = defaultGitLimits, resolve }: VerifyOptions,
  { git_remote: remote, commit, tests_ref: tests, base }: VerificationOrder,
): Promise<Repository> {
  const asked = { remote, wanted: { commit, tests }, depth: base === 'parent' ? 2 : 1, allowLocal, limits, signal };
  for (let tries = 1; ; tries += 1) {
    try {
      return await Repository.fetch(resolve === undefined ? asked : { ...asked, resolve });
    } catch (error) {
      if (!(error instanceof Unusable) || tries === fetchTries) throw error;
      await setTimeout(betweenTriesMs * tries, undefined, { signal });
    }
  }
}

async function lookInto(
  repository: Repository,
  world: StepWorld,
  { treeLimits: limits = defaultTreeLimits }: VerifyOptions,
  order: VerificationOrder,
): Promise<Found> {
  const [hash, testsHash] = [await repository.hashOf('commit'), await repository.hashOf('tests')];
  if (hash !== order.commit || testsHash === null) throw new Unusable('What came is not what was asked for.');
  const tests = await readTree(repository, testsHash, limits);
  const tree = overlay(await readTree(repository, hash, limits), tests, order.tests_folder);
  const commit = await see(world, order, { tree, hash });
  const baseHash = await hashOfBase(repository, order, testsHash);
  const base =
    baseHash === null
      ? null
      : await seeBase(world, order, {
          tree: overlay(await readTree(repository, baseHash, limits), tests, order.tests_folder),
          hash: baseHash,
        });
  const reasons = judge({ order, tree, commit: commit.tree, base: base?.tree ?? null });
  return { testsHash, commit, base, reasons };
}

async function hashOfBase(
  repository: Repository,
  { base }: VerificationOrder,
  testsHash: string,
): Promise<string | null> {
  if (base === 'none') return null;
  const hash = base === 'parent' ? await repository.hashOf('commit^') : testsHash;
  if (hash === null) throw new Unusable('The commit has no parent to compare it with.');
  return hash;
}

interface Version {
  readonly tree: Tree;
  readonly hash: string;
}

/** A base of which nothing is seen would pass for one that fails, so it is looked at twice before that is said. */
async function seeBase(world: StepWorld, order: VerificationOrder, version: Version): Promise<Seen> {
  const seen = await see(world, order, version);
  return seen.tree.lost === null ? seen : await see(world, order, version);
}

async function see(world: StepWorld, order: VerificationOrder, { tree, hash }: Version): Promise<Seen> {
  const files = boundFiles(order).filter((file) => tree.has(file));
  const unseen: Observed = { tests: new Map(), faults: [], lost: null, log: '', environment: '' };
  if (files.length === 0) return { tree: unseen, tier: 'none', image: null, hash };
  const { request, read } = prepare({ runner: order.runner, folder: order.tests_folder, files, tree });
  const result = await world.execute({
    ...request,
    signal: world.signal,
    owner: { tenantId: world.tenantId, runId: world.runId, attempt: 1 },
  });
  if (result.verdict === 'sandbox_error') throw new Broken(result.trouble ?? 'sandbox_error');
  return { tree: read(result), tier: result.tier, image: result.image, hash };
}
