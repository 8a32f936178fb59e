import { test } from 'tap';
import { complaintsOf } from '../../bench/evaluation/gate.ts';
import { readEvaluationOptions } from '../../bench/evaluation/options.ts';
import type { SeenEvaluation } from '../../bench/evaluation/server.ts';
import type { Comparison } from '../../kernel/evaluation-comparison.ts';
import { type EvaluationFigures, evaluationFiguresOf } from '../../kernel/evaluation-result.ts';

const env = { LOOPLEDGER_KEY: 'key' };
const wanted = { atLeast: 0.8, against: 'last', tolerancePercent: 2 };
const verdicts = { worse: 0, unknown: 0, better: 0, same: 1, changed: 0, added: 0, removed: 0 };
const equal: Comparison = { tolerance: 0.02, compared: 1, before: 0.9, after: 0.9, difference: 0, verdicts, cases: [] };

function evaluationWith(told: Partial<EvaluationFigures> | null): SeenEvaluation {
  const figures = told === null ? null : { ...evaluationFiguresOf([]), runs: 2, scored: 2, total: 0.9, ...told };
  return { figures } as SeenEvaluation;
}

test('a gate passes what is known to be good enough', (t) => {
  const complaints = (told: Partial<EvaluationFigures>, comparison: Comparison | null = equal, change = {}) =>
    complaintsOf({ evaluation: evaluationWith(told), comparison }, { ...wanted, ...change });
  t.same(complaints({}), []);
  t.same(complaints({ total: 0.8 }), []);
  t.match(complaints({ total: 0.79 }), [/below 0.8/]);
  t.match(complaints({ total: null }), [/nobody knows is below/]);
  t.match(complaints({ scored: 1 }), [/1 of 2 runs have no score/]);
  t.same(complaints({}, { ...equal, difference: -0.02 }), []);
  t.match(complaints({}, { ...equal, difference: -0.021 }), [/fell/]);
  t.match(complaints({}, { ...equal, difference: null }), [/No case/]);
  t.match(complaints({}, { ...equal, verdicts: { ...verdicts, unknown: 1 } }), [/cannot be compared/]);
  t.match(complaints({}, null), [/nothing|no finished evaluation/]);
  t.same(complaints({}, null, { against: null }), []);
  t.same(complaints({ total: null, scored: 0 }, null, { against: null, atLeast: null }), [], 'nothing is wanted');
  t.match(complaintsOf({ evaluation: evaluationWith(null), comparison: equal }, wanted), [/not finished/]);
  t.end();
});

test('a command line of an evaluation that makes no sense is refused', (t) => {
  const read = (...words: readonly string[]) => readEvaluationOptions(words, env);
  t.throws(() => read(), /--set/);
  t.throws(() => readEvaluationOptions(['--set', 'a'], {}), /no key/);
  for (const least of ['1.1', '-1', 'x', '']) t.throws(() => read('--set', 'a', `--at-least=${least}`), /--at-least/);
  for (const percent of ['101', '1.5', '']) t.throws(() => read('--set', 'a', `--tolerance=${percent}`), /--tolerance/);
  t.throws(() => read('--set', 'a', '--samples', '0'), /--samples/);
  t.match(read('--set', 'a'), { name: 'a routed', atLeast: null, against: null, tolerancePercent: 2, repairs: 3 });
  t.match(read('--set', 'a', '--at-least', '0', '--tolerance', '0', '--model', 'e/m', '--no-repair'), {
    name: 'a e/m',
    atLeast: 0,
    tolerancePercent: 0,
    repairs: 0,
  });
  t.end();
});
