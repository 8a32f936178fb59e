import { test } from 'tap';
import { compare } from '../../kernel/evaluation-comparison.ts';
import { evaluationFiguresOf, type EvaluationResult } from '../../kernel/evaluation-result.ts';
import { totalOf } from '../../kernel/evaluation-score.ts';
import { contentOf } from '../support/run.ts';
import { idOf } from '../support/given.ts';

type Shares = Partial<Record<'completion' | 'steps' | 'cost' | 'loops', number>>;
const weights = { completion: 3, steps: 1, cost: 1, loops: 1 };
let runs = 0;

/** Of a case with a score of these parts alone. */
function scored(name: string, shares: Shares, told: Partial<EvaluationResult> = {}): EvaluationResult {
  const parts = { completion: null, steps: null, cost: null, loops: null, ...shares };
  const isKnown = parts.completion !== null;
  const of = isKnown
    ? Object.fromEntries(Object.keys(shares).map((part) => [part, weights[part as keyof Shares]]))
    : {};
  return {
    run_id: idOf((runs += 1)),
    is_solved: parts.completion === 1,
    is_solved_at_once: false,
    reason: parts.completion === 1 ? 'solved' : 'attempts',
    candidates: 1,
    calls: 2,
    cost_micros: 5,
    took_ms: 1_000,
    tiers: ['docker'],
    tests_sha256: null,
    case: name,
    sample: 1,
    case_sha256: contentOf(name).sha256,
    tests: null,
    steps: [],
    repeats: 0,
    score: { ...parts, total: isKnown ? totalOf(parts, of) : null, of },
    ...told,
  };
}

test('figures are means over cases, and unknown ones are in none', (t) => {
  const figures = evaluationFiguresOf([
    scored('a', { completion: 1, cost: 0 }),
    scored('a', { completion: 0 }, { sample: 2 }),
    scored('b', { completion: 1 }),
    scored('c', {}),
  ]);
  t.match(figures, { cases: 3, runs: 4, scored: 3, solved: 2, solved_share: 0.5, total: 0.6875 });
  t.same(figures.completion, { mean: 0.75, runs: 3 });
  t.same(figures.cost, { mean: 0, runs: 1 });
  t.same(figures.loops, { mean: null, runs: 0 });
  t.same(figures.worst, [
    { case: 'c', total: null },
    { case: 'a', total: 0.375 },
    { case: 'b', total: 1 },
  ]);
  t.match(evaluationFiguresOf([]), { runs: 0, total: null, solved_share: null, worst: [] });
  t.end();
});

test('cases are compared one by one, the worst first', (t) => {
  const changed = { case_sha256: contentOf('another').sha256 };
  const before = [
    scored('better', { completion: 0.5 }),
    scored('same', { completion: 0.5 }),
    scored('worse', { completion: 1 }),
    scored('unknown', { completion: 1 }),
    scored('changed', { completion: 1 }),
    scored('removed', { completion: 1 }),
  ];
  const after = [
    scored('better', { completion: 0.75 }),
    scored('same', { completion: 0.52 }),
    scored('worse', { completion: 0.9 }),
    scored('unknown', {}),
    scored('changed', { completion: 0 }, changed),
    scored('added', { completion: 0 }),
  ];
  const { cases, ...figures } = compare(before, after, 0.02);
  t.same(
    cases.map((one) => [one.case, one.verdict, one.difference]),
    [
      ['worse', 'worse', -0.1],
      ['unknown', 'unknown', null],
      ['better', 'better', 0.25],
      ['same', 'same', 0.02],
      ['changed', 'changed', null],
      ['added', 'added', null],
      ['removed', 'removed', null],
    ],
  );
  t.same(figures, {
    tolerance: 0.02,
    compared: 3,
    before: 0.6667,
    after: 0.7233,
    difference: 0.0566,
    verdicts: { worse: 1, unknown: 1, better: 1, same: 1, changed: 1, added: 1, removed: 1 },
  });
  t.end();
});

test('only what both sides know is compared', (t) => {
  // Its cost was not known before, so it does not count now either.
  const [one] = compare([scored('a', { completion: 1 })], [scored('a', { completion: 1, cost: 0 })], 0).cases;
  t.match(one, { verdict: 'same', before: 1, after: 1, parts: { cost: { before: null, after: 0 } } });
  // A run without a candidate has no score for loops, and is worse for all that.
  const [other] = compare([scored('a', { completion: 1, loops: 1 })], [scored('a', { completion: 0 })], 0).cases;
  t.match(other, { verdict: 'worse', before: 1, after: 0 });
  t.end();
});

test('a case is the mean of its samples, and one that has no score leaves it unknown', (t) => {
  const before = [scored('a', { completion: 1 }), scored('a', { completion: 0 }, { sample: 2 })];
  const fine = [scored('a', { completion: 1 }), scored('a', { completion: 1 }, { sample: 2 })];
  t.match(compare(before, fine, 0).cases, [{ verdict: 'better', before: 0.5, after: 1 }]);
  const unsure = [scored('a', { completion: 1 }), scored('a', {}, { sample: 2 })];
  t.match(compare(before, unsure, 0), { compared: 0, before: null, after: null, difference: null });
  t.match(compare(before, unsure, 0).cases, [{ verdict: 'unknown', difference: null }]);
  t.end();
});
