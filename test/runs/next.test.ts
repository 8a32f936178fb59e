import { randomInt, randomUUID } from 'node:crypto';
import { test } from 'tap';
import * as facts from '../../events/run-fact.ts';
import type { Run } from '../../events/run.ts';
import type { JsonObject } from '../../kernel/event.ts';
import { next } from '../../runs/next.ts';
import { fact, type Step, type StepFact } from '../../runs/step.ts';
import { contentOf, executed as executionOf, failure, modelCalled } from '../support/run.ts';
import { begunAt, History, requestOf, taken } from '../support/run-story.ts';

const now = begunAt + 1_000;
const limits = requestOf().limits;

const simple = fact(facts.RunClassified, { complexity: 'simple', confidence: 0.9, by: 'heuristic' });
const planned = fact(facts.RunPlanned, {
  subtasks: [{ id: 'main', title: 'All', depends_on: [], complexity: 'simple' }],
});
const written = fact(facts.RunCodeGenerated, { subtask: 'main', code: contentOf('a') });
const merged = fact(facts.RunCodeMerged, { candidate: 1, code: contentOf('a') });
const upToCandidate = [simple, planned, written, merged];

/** Failed, unless something else is said, and each time in another way. */
function executed(candidate: number, change: JsonObject = {}): StepFact {
  const tests = { passed: 0, failed: 1, errors: 0 };
  return executionOf(candidate, { ...failure, tests, failure: contentOf(randomUUID()).sha256, ...change });
}

function reviewed(candidate: number, code: string | null, confidence = 0.8): StepFact {
  return fact(facts.RunReviewCompleted, {
    candidate,
    root_cause: 'cause',
    error_class: 'logic',
    fix: 'fix',
    code: code === null ? null : contentOf(code),
    confidence,
    changes: [],
  });
}

function fixed(candidate: number, code: string): StepFact {
  return fact(facts.RunFixApplied, { candidate, of: candidate - 1, code: contentOf(code) });
}

function called(cost_micros: number): StepFact {
  return modelCalled(1, { cost_micros });
}

/** Candidates that failed each in its own way, the last one executed. */
function failedCandidates(...changes: readonly JsonObject[]): StepFact[] {
  return changes.flatMap((change, index) => {
    const number = index + 1;
    const made = number === 1 ? [] : [reviewed(index, `fix ${number}`), fixed(number, `fix ${number}`)];
    return [...made, executed(number, change)];
  });
}

function same(failure: string): JsonObject {
  return { failure: contentOf(failure).sha256 };
}

const solved = { is_solved: true, verdict: 'ok', tests: { passed: 1, failed: 0, errors: 0 } };
const passing = (passed: number, errors = 0): JsonObject => ({ tests: { passed, failed: 1, errors } });
const broke = { verdict: 'sandbox_error', trouble: 'the engine is gone' };
const rested = fact(facts.RunRested, { until: new Date(now - 1).toISOString(), reason: 'sandbox_error' });

interface Row {
  readonly title: string;
  readonly request?: Parameters<typeof requestOf>[0];
  readonly facts: readonly StepFact[];
  readonly at?: number;
  readonly step: JsonObject;
}

const rows: readonly Row[] = [
  { title: 'a new run is classified', facts: [], step: { kind: 'classify' } },
  { title: 'a classified run is planned', facts: [simple], step: { kind: 'plan' } },
  { title: 'a planned run is written', facts: [simple, planned], step: { kind: 'code', subtask: 'main' } },
  { title: 'a written run is merged', facts: [simple, planned, written], step: { kind: 'merge' } },
  { title: 'a merged run is executed', facts: upToCandidate, step: { kind: 'execute', candidate: 1 } },
  {
    title: 'a solved candidate succeeds',
    facts: [...upToCandidate, executed(1, solved)],
    step: { kind: 'succeed', candidate: 1 },
  },
  {
    title: 'a failed candidate is reviewed',
    facts: [...upToCandidate, executed(1)],
    step: { kind: 'review', candidate: 1 },
  },
  {
    title: 'a candidate that ended well, and whose tests were not seen to pass, is reviewed',
    facts: [...upToCandidate, executed(1, { verdict: 'ok', exit_code: 0, tests: null })],
    step: { kind: 'review', candidate: 1 },
  },
  {
    title: 'a reviewed candidate is repaired',
    facts: [...upToCandidate, executed(1), reviewed(1, 'b')],
    step: { kind: 'repair', candidate: 1 },
  },
  {
    title: 'a repaired candidate is executed',
    facts: [...upToCandidate, executed(1), reviewed(1, 'b'), fixed(2, 'b')],
    step: { kind: 'execute', candidate: 2 },
  },
  {
    title: 'the last repair that is allowed has been tried',
    request: { limits: { ...limits, max_repairs: 1 } },
    facts: [...upToCandidate, ...failedCandidates(passing(2), passing(1))],
    step: { kind: 'fail', reason: 'attempts', best: 1 },
  },
  {
    title: 'without repairs the first failure ends it',
    request: { limits: { ...limits, max_repairs: 0 } },
    facts: [...upToCandidate, executed(1)],
    step: { kind: 'fail', reason: 'attempts', best: 1 },
  },
  {
    title: 'the same failure twice is stuck',
    facts: [...upToCandidate, ...failedCandidates(same('x'), same('x'))],
    step: { kind: 'fail', reason: 'stuck', best: 1 },
  },
  {
    title: 'two repairs without progress are stuck',
    facts: [...upToCandidate, ...failedCandidates(passing(3), passing(2), passing(3))],
    step: { kind: 'fail', reason: 'stuck', best: 1 },
  },
  {
    title: 'fewer errors are progress',
    facts: [...upToCandidate, ...failedCandidates(passing(1, 2), passing(1, 2), passing(1, 1))],
    step: { kind: 'review', candidate: 3 },
  },
  {
    title: 'code that was there before is stuck',
    facts: [...upToCandidate, executed(1), reviewed(1, 'a')],
    step: { kind: 'fail', reason: 'stuck' },
  },
  {
    title: 'a fix that does not compile is stuck',
    facts: [...upToCandidate, executed(1), reviewed(1, null)],
    step: { kind: 'fail', reason: 'stuck' },
  },
  {
    title: 'little confidence in the first round is borne',
    facts: [...upToCandidate, executed(1), reviewed(1, 'b', 0.1)],
    step: { kind: 'repair', candidate: 1 },
  },
  {
    title: 'little confidence in the second round ends it',
    facts: [...upToCandidate, ...failedCandidates({}, {}), reviewed(2, 'c', 0.29)],
    step: { kind: 'fail', reason: 'low_confidence' },
  },
  {
    title: 'money that is used up ends it before a model is asked',
    request: { limits: { ...limits, cap_micros: 100 } },
    facts: [simple, planned, called(100), written, merged, executed(1)],
    step: { kind: 'fail', reason: 'budget', best: 1 },
  },
  {
    title: 'money that is used up does not keep code from being executed',
    request: { limits: { ...limits, cap_micros: 100 } },
    facts: [...upToCandidate, called(100)],
    step: { kind: 'execute', candidate: 1 },
  },
  {
    title: 'calls that are used up end it',
    request: { limits: { ...limits, max_calls: 1 } },
    facts: [simple, planned, called(0), written, merged, executed(1)],
    step: { kind: 'fail', reason: 'attempts' },
  },
  {
    title: 'an answer that was paid for is not thrown away',
    request: { limits: { ...limits, max_calls: 1, cap_micros: 100 } },
    facts: [simple, planned, called(100)],
    step: { kind: 'code', subtask: 'main' },
  },
  {
    title: 'the deadline ends it whatever is next',
    facts: [simple],
    at: begunAt + 600_000,
    step: { kind: 'fail', reason: 'deadline', best: null },
  },
  { title: 'a broken sandbox is rested for', facts: [...upToCandidate, executed(1, broke)], step: { kind: 'rest' } },
  {
    title: 'after the rest it is executed again',
    facts: [...upToCandidate, executed(1, broke), rested, taken],
    step: { kind: 'execute', candidate: 1 },
  },
  {
    title: 'five breaks in a row end it',
    facts: [
      ...upToCandidate,
      ...Array.from({ length: 4 }, () => [executed(1, broke), rested, taken]).flat(),
      executed(1, broke),
    ],
    step: { kind: 'fail', reason: 'sandbox_error', best: 1 },
  },
  {
    title: 'executions that never end it end it',
    facts: [
      ...upToCandidate,
      ...Array.from({ length: 10 }, (_, index) =>
        fact(facts.RunExecutionStarted, { candidate: 1, attempt: index + 1 }),
      ),
    ],
    step: { kind: 'fail', reason: 'sandbox_error' },
  },
  {
    title: 'tests that are none end it without blame',
    facts: [...upToCandidate, executed(1, { trouble: 'SyntaxError', error_class: null, failure: null, tests: null })],
    step: { kind: 'fail', reason: 'tests_invalid' },
  },
  { title: 'a run that waits for a human waits', request: { needs_approval: true }, facts: [], step: { kind: 'none' } },
  { title: 'a run that is cancelled is left', facts: [fact(facts.RunCancelRequested, {})], step: { kind: 'none' } },
  {
    title: 'a run that has ended is left',
    facts: [...upToCandidate, fact(facts.RunSucceeded, { candidate: 1 })],
    step: { kind: 'none' },
  },
  { title: 'a verification is its own step', request: { kind: 'verify' }, facts: [], step: { kind: 'verify' } },
];

function historyOf(row: Pick<Row, 'request' | 'facts'>): Run {
  const history = new History(requestOf(row.request));
  // Being taken is what lets a run go on; one that waits for a human was not.
  const run = history.add(...row.facts).run;
  return row.request?.needs_approval === true ? { ...run, status: 'awaiting_approval' } : run;
}

for (const row of rows) {
  test(row.title, (t) => {
    t.match(next(historyOf(row), row.at ?? now), row.step);
    t.end();
  });
}

test('a plan is written in the order of its dependencies', (t) => {
  const subtask = (id: string, ...depends_on: string[]) => ({
    id,
    title: id,
    depends_on,
    complexity: 'simple' as const,
  });
  const history = new History(requestOf());
  history.add(simple, fact(facts.RunPlanned, { subtasks: [subtask('b', 'a'), subtask('a'), subtask('c', 'a', 'b')] }));
  const order: string[] = [];
  for (let step = next(history.run, now); step.kind === 'code'; step = next(history.run, now)) {
    order.push(step.subtask);
    history.add(fact(facts.RunCodeGenerated, { subtask: step.subtask, code: contentOf(step.subtask) }));
  }
  t.same(order, ['a', 'b', 'c']);
  t.end();
});

/** Any outcome of a step, chosen without any sense. */
function anyOutcome(step: Step, run: Run): StepFact[] {
  const pick = <Choice>(...choices: readonly Choice[]): Choice => choices[randomInt(choices.length)] as Choice;
  const cost = called(randomInt(50));
  const code = contentOf(String(randomInt(6)));
  if (step.kind === 'classify') {
    return [fact(facts.RunClassified, { complexity: pick('simple', 'hard'), confidence: 0.5, by: 'heuristic' })];
  }
  if (step.kind === 'plan') {
    const ids = ['a', 'b', 'c'].slice(0, 1 + randomInt(3));
    const subtasks = ids.map((id, index) => ({
      id,
      title: id,
      depends_on: ids.slice(0, index),
      complexity: 'simple' as const,
    }));
    return [cost, fact(facts.RunPlanned, { subtasks })];
  }
  if (step.kind === 'code') return [cost, fact(facts.RunCodeGenerated, { subtask: step.subtask, code })];
  if (step.kind === 'merge') return [fact(facts.RunCodeMerged, { candidate: 1, code })];
  if (step.kind === 'execute') {
    const started = fact(facts.RunExecutionStarted, { candidate: step.candidate, attempt: 1 });
    const change = pick<JsonObject>(
      broke,
      passing(randomInt(4), randomInt(3)),
      same(String(randomInt(3))),
      {},
      {
        tests: null,
        verdict: 'timeout_wall',
      },
    );
    return pick([started], [started, executed(step.candidate, randomInt(12) === 0 ? solved : change)]);
  }
  if (step.kind === 'review') {
    return [cost, reviewed(step.candidate, pick(null, String(randomInt(1_000)), '3'), Math.random())];
  }
  if (step.kind === 'repair') {
    const proposed = run.candidates.at(-1)?.review?.code ?? code;
    return [fact(facts.RunFixApplied, { candidate: step.candidate + 1, of: step.candidate, code: proposed })];
  }
  if (step.kind === 'rest')
    return [fact(facts.RunRested, { until: new Date(now).toISOString(), reason: step.reason }), taken];
  return [];
}

test('whatever comes of its steps, a run ends within its limits, and never well without having been solved', (t) => {
  const reasons = new Set<string>();
  for (let trial = 0; trial < 2_000; trial += 1) {
    const own = {
      ...limits,
      max_repairs: randomInt(5),
      max_calls: 1 + randomInt(12),
      cap_micros: randomInt(2) * 40 || null,
    };
    const history = new History(requestOf({ limits: own }));
    let steps = 0;
    let step = next(history.run, now);
    for (; step.kind !== 'succeed' && step.kind !== 'fail'; step = next(history.run, now)) {
      steps += 1;
      if (step.kind === 'none' || steps > 200) break;
      history.add(...anyOutcome(step, history.run));
    }
    const { run } = history;
    const isSolved = run.candidates.at(-1)?.execution?.is_solved === true;
    if (step.kind !== 'succeed' && step.kind !== 'fail') throw new Error(`it did not end: ${JSON.stringify(run)}`);
    if ((step.kind === 'succeed') !== isSolved) t.fail('it ended as it must not');
    if (run.candidates.length > own.max_repairs + 1) t.fail('it repaired more often than it may');
    if (run.calls > own.max_calls) t.fail('it asked more often than it may');
    reasons.add(step.kind === 'fail' ? step.reason : 'solved');
  }
  t.same([...reasons].sort(), ['attempts', 'budget', 'low_confidence', 'sandbox_error', 'solved', 'stuck']);
  t.end();
});
