// What is to be said of a commit, from what was seen of it: pure, so that it can be tested without git or a sandbox.
import type { VerificationOrder } from '../../kernel/verification.ts';
import type { Observed, Outcome } from './observe.ts';
import type { Tree } from './tree.ts';

type Criterion = VerificationOrder['criteria'][number];

export interface Binding {
  readonly kind: 'test' | 'code';
  readonly path: string;
  /** Of a test, or a text that stands in the file. */
  readonly name: string | null;
}

/** Null for what no machine checks. */
export function bindingOf(binding: string | null): Binding | null {
  const [, kind, rest = ''] = /^(test|code):(.*)$/s.exec(binding ?? '') ?? [];
  if (kind !== 'test' && kind !== 'code') return null;
  const mark = kind === 'test' ? '::' : '#';
  const at = rest.indexOf(mark);
  return { kind, path: at === -1 ? rest : rest.slice(0, at), name: at === -1 ? null : rest.slice(at + mark.length) };
}

/** The files of the bound tests, in a fixed order. Those outside the folder are never run. */
export function boundFiles({ criteria, tests_folder }: VerificationOrder): string[] {
  const paths = criteria.flatMap(({ binding }) => {
    const bound = bindingOf(binding);
    return bound?.kind === 'test' && isInside(bound.path, tests_folder) ? [bound.path] : [];
  });
  return [...new Set(paths)].toSorted();
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

export interface Evidence {
  readonly order: VerificationOrder;
  /** With the tests in their place. */
  readonly tree: Tree;
  readonly commit: Observed;
  /** Null when nothing is compared. */
  readonly base: Observed | null;
}

/** What speaks against it; it passed when nothing does. */
export function judge({ order, tree, commit, base }: Evidence): string[] {
  const reasons = commit.faults.slice();
  const seen = new Set<string>();
  for (const [at, criterion] of order.criteria.entries()) {
    const place = `Criterion ${at + 1}`;
    const bound = bindingOf(criterion.binding);
    if (bound === null) reasons.push(...attested(place, criterion));
    else if (bound.kind === 'code') reasons.push(...coded(place, bound, tree));
    else {
      const names = testsOf(bound, commit.tests);
      for (const name of names) seen.add(name);
      reasons.push(...tested(place, bound, names, commit.tests));
    }
  }
  if (seen.size === 0) reasons.push('No test that a criterion is bound to was seen.');
  if (base !== null && base.lost !== null) {
    reasons.push(`What the tests do without the work could not be seen (${order.base}): ${base.lost}`);
  } else if (base !== null && seen.size > 0 && [...seen].every((name) => base.tests.get(name) === 'passed')) {
    reasons.push(`Every bound test passes without the work as well (${order.base}).`);
  }
  return reasons.map((reason) => reason.slice(0, 500)).slice(0, 50);
}

function attested(place: string, { note }: Criterion): string[] {
  return note === null ? [`${place} needs the word of the verifier.`] : [];
}

function coded(place: string, { path, name }: Binding, tree: Tree): string[] {
  const content = tree.get(path);
  if (content === undefined) return [`${place}: ${path} is not there.`];
  return name === null || content.includes(name) ? [] : [`${place}: ${path} does not hold the text.`];
}

function tested(
  place: string,
  { path, name }: Binding,
  names: readonly string[],
  outcomes: ReadonlyMap<string, Outcome>,
): string[] {
  if (names.length === 0) return [`${place}: ${name === null ? path : `${path}::${name}`} was not seen.`];
  return names.flatMap((one) => {
    const outcome = outcomes.get(one);
    return outcome === 'passed' ? [] : [`${place}: ${one} ${outcome === 'skipped' ? 'was skipped' : 'failed'}.`];
  });
}

/** All of a file, or those whose names begin or end as the binding says: a class, a test in any class, each of its cases. */
function testsOf({ path, name }: Binding, outcomes: ReadonlyMap<string, Outcome>): string[] {
  const wanted = name?.split('::') ?? [];
  return [...outcomes.keys()].filter((test) => {
    if (test !== path && !test.startsWith(`${path}::`)) return false;
    const parts = test.slice(path.length + 2).split('::');
    const plain = [...parts.slice(0, -1), (parts.at(-1) ?? '').replace(/\[.*\]$/s, '')];
    return [parts, plain].some((names) => isPart(wanted, names));
  });
}

function isPart(wanted: readonly string[], names: readonly string[]): boolean {
  const isStart = wanted.every((one, at) => names[at] === one);
  const isEnd = wanted.every((one, at) => names[names.length - wanted.length + at] === one);
  return wanted.length <= names.length && (isStart || isEnd);
}
