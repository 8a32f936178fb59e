import { test } from 'tap';
import type { Signals } from '../../events/story-custody-signal.ts';
import { type Baseline, emptyBaseline, isSuspicious, learn, suspicionOf } from '../../policies/signal.ts';

type Took = Parameters<typeof learn>[1];

const usual: Signals = { tool_calls: 60, tokens: 40_000, tests_run: 12, seconds: 1_800 };
const criteria = 3;

function times(factor: number): Signals {
  return {
    tool_calls: Math.round(60 * factor),
    tokens: Math.round(40_000 * factor),
    tests_run: Math.round(12 * factor),
    seconds: Math.round(1_800 * factor),
  };
}

const baseline = [0.6, 0.8, 0.9, 1, 1, 1.1, 1.2, 1.5, 1, 1].reduce(
  (learnt, factor) => learn(learnt, { signals: times(factor), criteria }),
  emptyBaseline,
);

function needsSecondReview(signals: Signals | undefined, size: number, known: Baseline): boolean {
  return isSuspicious(suspicionOf(signals ?? {}, size, known));
}

test('work as usual is not suspicious, and neither is much more of it', (t) => {
  t.ok(suspicionOf(usual, criteria, baseline) < 15);
  t.equal(suspicionOf(times(20), criteria, baseline), 0);
  t.notOk(needsSecondReview(usual, criteria, baseline));
  t.end();
});

test('the less was done, the more suspicious it is, up to the threshold and beyond', (t) => {
  const scores = [1, 0.5, 0.3, 0.1, 0.02].map((factor) => suspicionOf(times(factor), criteria, baseline));
  t.strictSame(
    scores,
    scores.toSorted((one, other) => one - other),
  );
  t.ok(needsSecondReview(times(0.02), criteria, baseline));
  t.ok(suspicionOf(usual, criteria * 20, baseline) > suspicionOf(usual, criteria, baseline), 'against its size');
  t.end();
});

test('what is missing or nothing counts as the worst that there is', (t) => {
  t.equal(suspicionOf({}, criteria, baseline), 100);
  t.equal(suspicionOf({ tool_calls: 0, tokens: 0, tests_run: 0, seconds: 0 }, criteria, emptyBaseline), 100);
  t.ok(needsSecondReview(undefined, criteria, baseline));
  t.ok(needsSecondReview(undefined, criteria, emptyBaseline));
  const { tests_run: _tests, ...untested } = usual;
  t.ok(suspicionOf(untested, criteria, baseline) >= 25);
  const { tokens: _tokens, ...silent } = untested;
  t.ok(needsSecondReview(silent, criteria, baseline));
  t.end();
});

test('a tenant without a baseline is held against what any honest work takes', (t) => {
  t.notOk(needsSecondReview(usual, criteria, emptyBaseline));
  t.ok(needsSecondReview({ tool_calls: 2, tokens: 200, tests_run: 3, seconds: 4 }, criteria, emptyBaseline));
  const young = [0.01, 0.01].reduce(
    (learnt, factor) => learn(learnt, { signals: times(factor), criteria }),
    emptyBaseline,
  );
  t.ok(needsSecondReview(times(0.01), criteria, young), 'two stories say nothing of what is usual');
  t.end();
});

test('a baseline is the same in whatever order work was accepted', (t) => {
  const [one, other] = [0.6, 1.5].map((factor) => ({ signals: times(factor), criteria })) as [Took, Took];
  t.strictSame(learn(learn(baseline, one), other), learn(learn(baseline, other), one));
  t.strictSame(learn(baseline, { signals: {}, criteria }), baseline);
  t.equal(learn(baseline, { signals: { tokens: 5 }, criteria }).tokens.count, baseline.tokens.count + 1);
  t.equal(learn(baseline, { signals: { tokens: 5 }, criteria }).seconds.count, baseline.seconds.count);
  t.end();
});
