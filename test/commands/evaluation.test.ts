import { test } from 'tap';
import {
  abandonEvaluation,
  askEvaluationRun,
  finishEvaluation,
  recordEvaluation,
  startEvaluation,
} from '../../commands/evaluation.ts';
import {
  EvaluationAbandoned,
  EvaluationFinished,
  EvaluationResultRecorded,
  EvaluationRunRequested,
  EvaluationStarted,
} from '../../events/evaluation.ts';
import { EvaluationCasesRevised, EvaluationSetArchived, EvaluationSetCreated } from '../../events/evaluation-set.ts';
import { RunFailed, RunRequested, RunSucceeded, RunTaken } from '../../events/run-fact.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOf } from '../../kernel/digest.ts';
import { evaluationFiguresOf, type EvaluationResult } from '../../kernel/evaluation-result.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import type { StepFact } from '../../runs/step.ts';
import { evaluationCase, evaluationPrompt as prompt } from '../support/evaluation.ts';
import { given, idOf, tenantId } from '../support/given.ts';
import { contentOf, executed, failure, mendingFacts, modelCalled } from '../support/run.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'Orbit', slug: 'orbit' }, null);
const [evaluation_set_id, evaluation_id] = [idOf(1), idOf(2)];
const setRef = { type: 'evaluation_set', id: evaluation_set_id };
const ref = { type: 'evaluation', id: evaluation_id };
const one = evaluationCase('one', {
  budget_micros: 10,
  steps: { expected: ['code', 'execute'], in_order: true, never: ['review'] },
});
const two = evaluationCase('two');
const created = record(EvaluationSetCreated, setRef, { name: 'support', description: '', project_id: null }, null);
const revision = (number: number, ...put: readonly (typeof one)[]): NewEvent =>
  record(EvaluationCasesRevised, setRef, { revision: number, put: [...put], dropped: [] }, null);
const set = [founded, created, revision(1, one)];
const settings = {
  model: null,
  tiers: ['docker' as const, 'bubblewrap' as const, 'wasm' as const],
  max_repairs: 3,
  cap_micros: null,
  classify: 'heuristic' as const,
  tools: [],
};
const told = { name: 'support', evaluation_set_id, set_name: 'support', revision: 1, project_id: null, cases: 1 };
const started = record(EvaluationStarted, ref, { ...told, samples: 1, ...settings }, null);
const asked = (number: number, name = 'one', sample = 1): NewEvent =>
  record(EvaluationRunRequested, ref, { case: name, sample, run_id: idOf(number) }, null);

/** As the decision asks for it, and what happened in it. */
function run(number: number, facts: readonly StepFact[], end: string | null): NewEvent[] {
  const runRef = { type: 'run', id: idOf(number) };
  const { events } = given(null as never, ...set, started).when(askEvaluationRun, {
    evaluation_id,
    run_id: idOf(number),
    case: 'one',
    sample: 1,
    prompt,
  });
  const taken = { worker: 'w', fence: 1, deadline_at: '2026-01-01T00:10:00.000Z' };
  const done = facts.map(({ kind, data }) => record(kind, runRef, { ...data, fence: 1 }, null));
  const last =
    end === null
      ? []
      : end === 'solved'
        ? [record(RunSucceeded, runRef, { fence: 1, candidate: facts.includes(solved) ? 1 : 2 }, null)]
        : [record(RunFailed, runRef, { fence: 1, reason: end as 'stuck', detail: 'So.', best: 1 }, null)];
  return [...events.slice(1), record(RunTaken, runRef, taken, null), ...done, ...last];
}

const priced = modelCalled(1, { price_version: 'list 1' });
const asWritten = mendingFacts.slice(0, 6).map((fact) => (fact.kind === priced.kind ? priced : fact));
const solved = executed(1);
const atOnce = [...asWritten, solved];
const history = [...set, started, asked(5)];

const good: EvaluationResult = {
  run_id: idOf(5),
  is_solved: true,
  is_solved_at_once: true,
  reason: 'solved',
  candidates: 1,
  calls: 1,
  cost_micros: 7,
  took_ms: 0,
  tiers: ['bubblewrap'],
  tests_sha256: contentOf('assert add(1, 2) == 3').sha256,
  case: 'one',
  sample: 1,
  case_sha256: digestOf(canonicalJson(one)),
  tests: { passed: 1, total: 1 },
  steps: ['classify', 'plan', 'code', 'merge', 'execute'],
  repeats: 0,
  score: {
    completion: 1,
    steps: 1,
    cost: 1,
    loops: 1,
    total: 1,
    of: { completion: 3, steps: 1, cost: 1, loops: 1 },
  },
};
const recorded = (result: EvaluationResult): NewEvent => record(EvaluationResultRecorded, ref, result, null);

test('an evaluation goes by the last revision of its set, or by the one that is named', (t) => {
  const command = { evaluation_id, evaluation_set_id };
  given(t, ...set)
    .by('orchestrator')
    .when(startEvaluation, command)
    .thenEvents(started);
  const two_revisions = [...set, revision(2, two)];
  const second = { ...told, revision: 2, cases: 2, samples: 1, ...settings };
  given(t, ...two_revisions)
    .when(startEvaluation, command)
    .thenEvents(record(EvaluationStarted, ref, second, null));
  given(t, ...two_revisions)
    .when(startEvaluation, { ...command, revision: 1 })
    .thenEvents(started);
  given(t, ...set)
    .when(startEvaluation, { ...command, revision: 2 })
    .thenRefused('evaluation_revision_not_found');
  given(t, ...set)
    .by('agent')
    .when(startEvaluation, command)
    .thenRefused('role_forbidden');
  given(t, founded).when(startEvaluation, command).thenRefused('evaluation_set_not_found');
  given(t, ...set, record(EvaluationSetArchived, setRef, {}, null))
    .when(startEvaluation, command)
    .thenRefused('evaluation_set_archived');
  const many = Array.from({ length: 11 }, (_, index) => evaluationCase(`case-${index}`));
  given(t, founded, created, revision(1, ...many))
    .when(startEvaluation, { ...command, samples: 100 })
    .thenRefused('evaluation_too_large');
  t.end();
});

test('of one name one evaluation is open', (t) => {
  const again = { evaluation_id: idOf(3), evaluation_set_id };
  given(t, ...set, started)
    .when(startEvaluation, again)
    .thenRefused('evaluation_name_taken');
  const abandoned = record(EvaluationAbandoned, ref, { name: 'support' }, null);
  t.equal(given(t, ...set, started, abandoned).when(startEvaluation, again).events.length, 1);
  t.equal(given(t, ...set, started).when(startEvaluation, { ...again, name: 'another' }).events.length, 1);
  t.end();
});

test('the run of a case is asked for once, with all that the evaluation says', (t) => {
  const command = { evaluation_id, run_id: idOf(5), case: 'one', sample: 1, prompt };
  const { events, report } = given(t, ...set, started)
    .by('orchestrator')
    .when(askEvaluationRun, command);
  t.same(events[0], asked(5));
  t.equal(events[1]?.type, RunRequested.type);
  t.match(events[1]?.data, {
    prompt,
    language: 'python',
    tests: one.tests,
    model: null,
    tiers: settings.tiers,
    limits: { max_repairs: 3, cap_micros: null },
    retry_of: null,
    labels: { evaluation: evaluation_id, case: 'one', sample: '1' },
  });
  t.same(report, { case: 'one', sample: 1, run_id: idOf(5) });
  const repeat = given(t, ...history).when(askEvaluationRun, { ...command, run_id: idOf(6) });
  repeat.thenEvents();
  t.same(repeat.report, { case: 'one', sample: 1, run_id: idOf(5) });
  t.end();
});

test('a run that the evaluation cannot have is not asked for', (t) => {
  const command = { evaluation_id, run_id: idOf(5), case: 'one', sample: 1, prompt };
  const attempt = (change: Partial<typeof command>, by: 'agent' | 'orchestrator' = 'orchestrator') =>
    given(t, ...set, started)
      .by(by)
      .when(askEvaluationRun, { ...command, ...change });
  attempt({}, 'agent').thenRefused('role_forbidden');
  attempt({ case: 'two' }).thenRefused('evaluation_case_not_found');
  attempt({ case: 'constructor' }).thenRefused('evaluation_case_not_found');
  attempt({ sample: 2 }).thenRefused('evaluation_sample_unknown');
  t.throws(() => attempt({ prompt: 'Another one.' }), /not that of the case/);
  given(t, founded).when(askEvaluationRun, command).thenRefused('evaluation_not_found');
  // What the set became later is of no concern.
  given(t, ...set, started, revision(2, two))
    .when(askEvaluationRun, { ...command, case: 'two' })
    .thenRefused('evaluation_case_not_found');
  t.end();
});

test('what came of a run and its score are read from the run, once', (t) => {
  const ended = [...history, ...run(5, atOnce, 'solved')];
  const command = { evaluation_id, run_id: idOf(5) };
  given(t, ...ended)
    .by('orchestrator')
    .when(recordEvaluation, command)
    .thenEvents(recorded(good));
  given(t, ...ended, recorded(good))
    .when(recordEvaluation, command)
    .thenEvents();
  given(t, ...ended)
    .by('agent')
    .when(recordEvaluation, command)
    .thenRefused('role_forbidden');
  given(t, ...history, ...run(5, atOnce, null))
    .when(recordEvaluation, command)
    .thenRefused('run_not_ended');
  t.end();
});

test('a run that wanders is scored by what it did', (t) => {
  const again = { ...failure, tests: { passed: 1, failed: 3, errors: 0 }, failure: contentOf('same').sha256 };
  const [first, ...rest] = mendingFacts.slice(6);
  t.equal(first?.kind, executed(1).kind);
  const facts = [...asWritten, executed(1, again), ...rest, executed(2, again)];
  const { events } = given(t, ...history, ...run(5, facts, 'attempts')).when(recordEvaluation, {
    evaluation_id,
    run_id: idOf(5),
  });
  t.match(events[0]?.data, {
    reason: 'attempts',
    is_solved: false,
    tests: { passed: 1, total: 4 },
    steps: ['classify', 'plan', 'code', 'merge', 'execute', 'review', 'repair', 'execute'],
    repeats: 1,
    score: { completion: 0.25, steps: 0.6667, cost: 1, loops: 0.5 },
  });
  t.end();
});

test('what nobody knows is not scored', (t) => {
  const scored = (facts: readonly StepFact[], end: string) =>
    given(t, ...history, ...run(5, facts, end)).when(recordEvaluation, { evaluation_id, run_id: idOf(5) }).events[0];
  const unpriced = [...mendingFacts.slice(0, 6), solved];
  t.match(scored(unpriced, 'solved')?.data['score'], { completion: 1, cost: null, of: { completion: 3 } });
  t.match(scored([], 'model_error')?.data['score'], { completion: 0, cost: null, loops: null, total: 0 });
  t.match(scored([], 'worker_failed')?.data['score'], { completion: null, steps: null, total: null });
  t.end();
});

test('only the run that was asked for in its place counts', (t) => {
  const stranger = run(6, atOnce, 'solved');
  given(t, ...history, ...stranger)
    .when(recordEvaluation, { evaluation_id, run_id: idOf(6) })
    .thenRefused('evaluation_run_foreign');
  given(t, ...history)
    .when(recordEvaluation, { evaluation_id, run_id: idOf(7) })
    .thenRefused('evaluation_run_foreign');
  given(t, founded)
    .when(recordEvaluation, { evaluation_id, run_id: idOf(5) })
    .thenRefused('evaluation_not_found');
  t.end();
});

test('figures are made once every run is recorded, and then nothing changes', (t) => {
  const over = [...history, recorded(good)];
  const finished = record(EvaluationFinished, ref, { name: 'support', figures: evaluationFiguresOf([good]) }, null);
  given(t, ...history)
    .when(finishEvaluation, { evaluation_id })
    .thenRefused('evaluation_incomplete');
  given(t, ...over)
    .when(finishEvaluation, { evaluation_id })
    .thenEvents(finished);
  given(t, ...over, finished)
    .when(finishEvaluation, { evaluation_id })
    .thenEvents();
  given(t, ...over, finished)
    .when(abandonEvaluation, { evaluation_id })
    .thenRefused('evaluation_ended');
  given(t, ...over, finished)
    .when(askEvaluationRun, { evaluation_id, run_id: idOf(6), case: 'one', sample: 1, prompt })
    .thenRefused('evaluation_ended');
  const abandoned = record(EvaluationAbandoned, ref, { name: 'support' }, null);
  given(t, ...over)
    .when(abandonEvaluation, { evaluation_id })
    .thenEvents(abandoned);
  given(t, ...history, abandoned, ...run(5, atOnce, 'solved'))
    .when(recordEvaluation, { evaluation_id, run_id: idOf(5) })
    .thenRefused('evaluation_ended');
  given(t, ...over, abandoned)
    .when(finishEvaluation, { evaluation_id })
    .thenRefused('evaluation_ended');
  for (const command of [finishEvaluation, abandonEvaluation]) {
    given(t, founded).when(command, { evaluation_id }).thenRefused('evaluation_not_found');
    given(t, ...history)
      .by('agent')
      .when(command, { evaluation_id })
      .thenRefused('role_forbidden');
  }
  t.end();
});
