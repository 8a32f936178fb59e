import { test } from 'tap';
import { type Expectation, expectationOf, faultOf, runSteps, scoreParts } from '../../kernel/evaluation-case.ts';
import { type Seen, scoreOf } from '../../kernel/evaluation-score.ts';

const fine: Seen = {
  reason: 'solved',
  tests: { passed: 4, total: 4 },
  steps: ['classify', 'plan', 'code', 'merge', 'execute'],
  cost_micros: 100,
  calls: 1,
  candidates: 1,
  repeats: 0,
};
const mended: Seen = {
  ...fine,
  steps: [...fine.steps, 'review', 'repair', 'execute'],
  candidates: 2,
  calls: 3,
};
const failed: Seen = { ...mended, reason: 'attempts', tests: { passed: 3, total: 4 } };

type Told = Parameters<typeof expectationOf>[0];
type Parts = Partial<ReturnType<typeof scoreOf>>;

const examples: readonly (readonly [string, Told, Seen, Parts])[] = [
  ['solved, and nothing else asked', {}, fine, { completion: 1, steps: null, cost: null, loops: 1, total: 1 }],
  ['the total is of what is known', {}, fine, { of: { completion: 3, loops: 1 } }],
  ['a share of the tests', {}, failed, { completion: 0.75, total: 0.8125 }],
  ['all tests, and yet not solved', {}, { ...failed, tests: { passed: 4, total: 4 } }, { completion: 0.99 }],
  ['tests whose end nobody saw', {}, { ...failed, tests: null }, { completion: 0 }],
  ['no tests at all', {}, { ...failed, tests: { passed: 0, total: 0 } }, { completion: 0 }],
  ['cancelled is not solved', {}, { ...failed, reason: 'cancelled', tests: null }, { completion: 0 }],
  ['no model answered', {}, { ...failed, reason: 'model_error', tests: null }, { completion: 0 }],
  ['the end that was meant', { outcome: 'attempts' }, failed, { completion: 1 }],
  ['another end than was meant', { outcome: 'attempts' }, fine, { completion: 0 }],
  [
    'a fault of ours says nothing',
    {},
    { ...failed, reason: 'sandbox_error' },
    { completion: null, total: null, of: {} },
  ],
  [
    'nor do its other parts',
    { budget_micros: 1_000 },
    { ...failed, reason: 'worker_failed' },
    { cost: null, loops: null },
  ],
  ['no sandbox', {}, { ...failed, reason: 'sandbox_unavailable' }, { completion: null, total: null }],
  ['steps in their order', { steps: { expected: ['code', 'execute'] } }, fine, { steps: 1 }],
  ['steps in another order', { steps: { expected: ['execute', 'code'] } }, fine, { steps: 0.5 }],
  ['whose order is free', { steps: { expected: ['execute', 'code'], in_order: false } }, fine, { steps: 1 }],
  ['a step that is missing', { steps: { expected: ['code', 'execute', 'review'] } }, fine, { steps: 0.6667 }],
  [
    'one that happened once less',
    { steps: { expected: ['execute', 'execute'], in_order: false } },
    fine,
    { steps: 0.5 },
  ],
  ['no review is needed', { steps: { never: ['review', 'repair'] } }, fine, { steps: 1 }],
  ['but there was one', { steps: { never: ['review'] } }, mended, { steps: 0.5 }],
  [
    'unwanted beside wanted',
    { steps: { expected: ['code', 'execute'], never: ['review'] } },
    mended,
    { steps: 0.6667 },
  ],
  ['at the budget', { budget_micros: 100 }, fine, { cost: 1 }],
  ['half above the budget', { budget_micros: 100 }, { ...fine, cost_micros: 150 }, { cost: 0.5 }],
  ['at twice the budget', { budget_micros: 100 }, { ...fine, cost_micros: 200 }, { cost: 0 }],
  ['far above it', { budget_micros: 100 }, { ...fine, cost_micros: 9_999 }, { cost: 0 }],
  ['free, as it was to be', { budget_micros: 0 }, { ...fine, cost_micros: 0 }, { cost: 1 }],
  ['not free', { budget_micros: 0 }, fine, { cost: 0 }],
  ['a price that nobody knows', { budget_micros: 100 }, { ...fine, cost_micros: null }, { cost: null, total: 1 }],
  ['half of it over again', {}, { ...mended, repeats: 1 }, { loops: 0.5 }],
  ['stuck', {}, { ...failed, reason: 'stuck' }, { loops: 0 }],
  ['stuck before any code', {}, { ...failed, reason: 'stuck', candidates: 0 }, { loops: 0 }],
  ['stuck, as it was to be', { outcome: 'stuck' }, { ...failed, reason: 'stuck' }, { completion: 1, loops: null }],
  ['no candidate to judge', {}, { ...failed, candidates: 0, tests: null }, { loops: null, total: 0 }],
  ['more candidates than it takes', { max_candidates: 1 }, mended, { loops: 0.5 }],
  ['more calls than it takes', { max_calls: 2 }, mended, { loops: 0.6667 }],
  ['as many as it takes', { max_calls: 3, max_candidates: 2 }, mended, { loops: 1 }],
  ['weights', { weights: { completion: 1, loops: 3 }, max_candidates: 1 }, mended, { total: 0.625 }],
  ['a weight of nothing', { weights: { loops: 0 }, max_candidates: 1 }, mended, { total: 1, of: { completion: 3 } }],
  ['nothing that weighs', { weights: { completion: 0, loops: 0 } }, fine, { total: null, of: {} }],
];

for (const [title, told, seen, parts] of examples) {
  test(`a score: ${title}`, (t) => {
    t.match(scoreOf(expectationOf(told), seen), parts);
    if (parts.of !== undefined) t.same(scoreOf(expectationOf(told), seen).of, parts.of);
    t.end();
  });
}

/** The same numbers in every run. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function drawn(draw: (below: number) => number): { expected: Expectation; seen: Seen } {
  const steps = (most: number) => Array.from({ length: draw(most) }, () => runSteps[draw(7)] ?? 'code');
  const total = draw(6);
  const candidates = draw(5);
  const reasons = ['solved', 'attempts', 'stuck', 'budget', 'cancelled'];
  const expected = expectationOf({
    steps: draw(3) === 0 ? null : { expected: steps(6), in_order: draw(2) === 0, never: [runSteps[draw(7)] ?? 'code'] },
    budget_micros: draw(4) === 0 ? null : draw(1_000),
    max_candidates: draw(2) === 0 ? null : 1 + draw(4),
    max_calls: draw(2) === 0 ? null : 1 + draw(4),
    weights: { completion: 1 + draw(5), steps: draw(5), cost: draw(5), loops: draw(5) },
  });
  const seen = {
    reason: reasons[draw(5)] ?? 'solved',
    tests: draw(4) === 0 ? null : { passed: draw(total + 1), total },
    steps: steps(9),
    cost_micros: draw(9) === 0 ? null : draw(2_500),
    calls: draw(9),
    candidates,
    repeats: draw(candidates + 1),
  };
  return { expected, seen };
}

/** What makes a run worse, and must never be scored higher: neither by its part nor in all. */
const worsenings: Readonly<Record<string, (seen: Seen, expected: Expectation) => Seen>> = {
  'more cost': (seen) => ({ ...seen, cost_micros: seen.cost_micros === null ? null : seen.cost_micros + 37 }),
  'more calls': (seen) => ({ ...seen, calls: seen.calls + 1 }),
  'another repeat': (seen) => ({ ...seen, repeats: Math.min(seen.candidates, seen.repeats + 1) }),
  'one test less': (seen) => ({
    ...seen,
    tests: seen.tests === null ? null : { ...seen.tests, passed: Math.max(0, seen.tests.passed - 1) },
  }),
  'a step that is not wanted': (seen, { steps }) => ({ ...seen, steps: [...seen.steps, ...(steps?.never ?? [])] }),
  'a step less': (seen, { steps }) => {
    const last = seen.steps.at(-1);
    return last !== undefined && steps?.never.includes(last) === true
      ? seen
      : { ...seen, steps: seen.steps.slice(0, -1) };
  },
};

/** What is wrong with the scores of one pair; nothing as a rule. */
function faultsIn({ expected, seen }: ReturnType<typeof drawn>): string[] {
  const score = scoreOf(expected, seen);
  const worse = Object.entries(worsenings).map(([name, worsen]) => ({
    name,
    score: scoreOf(expected, worsen(seen, expected)),
  }));
  return ([...scoreParts, 'total'] as const).flatMap((part) => {
    const share = score[part];
    const higher = worse.filter((one) => (one.score[part] ?? -1) > (share ?? -1)).map(({ name }) => `${part}: ${name}`);
    return share === null || (share >= 0 && share <= 1) ? higher : [`${part} is ${share}`, ...higher];
  });
}

test('a score is a share or unknown, and what is worse is never scored higher', (t) => {
  const draw = drawing(7);
  let judged = 0;
  for (let round = 0; round < 4_000; round += 1) {
    const pair = drawn(draw);
    if (faultOf(pair.expected) !== null) continue;
    judged += 1;
    const faults = faultsIn(pair);
    if (faults.length > 0) t.fail(`${faults.join(', ')} of ${JSON.stringify(pair)}`);
  }
  t.ok(judged > 2_000);
  t.end();
});

test('what expects nothing, or one thing and its opposite, is no case', (t) => {
  t.equal(faultOf(expectationOf({})), null);
  t.equal(faultOf(expectationOf({ steps: { never: ['review'] } })), null);
  t.match(faultOf(expectationOf({ weights: { completion: 0, steps: 0, cost: 0, loops: 0 } })), /weights/);
  t.match(faultOf(expectationOf({ steps: {} })), /none/);
  t.match(faultOf(expectationOf({ steps: { expected: ['code'], never: ['code'] } })), /never/);
  t.end();
});
