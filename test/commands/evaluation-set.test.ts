import { test } from 'tap';
import {
  archiveEvaluationSet,
  changeEvaluationSet,
  createEvaluationSet,
  restoreEvaluationSet,
} from '../../commands/evaluation-set.ts';
import {
  casesOf,
  EvaluationCasesRevised,
  EvaluationSetArchived,
  EvaluationSetChanged,
  EvaluationSetCreated,
  EvaluationSetRestored,
  evaluationSetStream,
  type EvaluationSet,
} from '../../events/evaluation-set.ts';
import { ProjectArchived, ProjectCreated } from '../../events/project.ts';
import { TenantFounded } from '../../events/tenant.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { entryFits } from '../../kernel/entry-size.ts';
import { type EvaluationCase, expectationOf, runSteps } from '../../kernel/evaluation-case.ts';
import type { NewEvent } from '../../kernel/event.ts';
import { record } from '../../kernel/stream.ts';
import { evaluationCase } from '../support/evaluation.ts';
import { given, idOf, plain, tenantId } from '../support/given.ts';

const founded = record(TenantFounded, { type: 'tenant', id: tenantId }, { name: 'Orbit', slug: 'orbit' }, null);
const evaluation_set_id = idOf(1);
const ref = { type: 'evaluation_set', id: evaluation_set_id };
const told = { name: 'support', description: '', project_id: null };
const created = record(EvaluationSetCreated, ref, told, null);
const [one, two, three] = [evaluationCase('one'), evaluationCase('two'), evaluationCase('three')];
const dearer = { ...two, budget_micros: 9 };
const revised = (revision: number, put: readonly EvaluationCase[], dropped: readonly string[] = []): NewEvent =>
  record(EvaluationCasesRevised, ref, { revision, put: [...put], dropped: [...dropped] }, null);
const history = [founded, created, revised(1, [one, two])];
const archived = record(EvaluationSetArchived, ref, {}, null);

test('an evaluation set is created with its first revision', (t) => {
  const command = { evaluation_set_id, name: 'support', cases: [one, two] };
  given(t, founded)
    .by('orchestrator')
    .when(createEvaluationSet, command)
    .thenEvents(...history.slice(1));
  given(t, founded).by('agent').when(createEvaluationSet, command).thenRefused('role_forbidden');
  const again = { ...command, evaluation_set_id: idOf(2) };
  given(t, ...history)
    .when(createEvaluationSet, again)
    .thenRefused('evaluation_set_name_taken');
  given(t, ...history, archived)
    .when(createEvaluationSet, again)
    .thenRefused('evaluation_set_name_taken');
  t.end();
});

test('an evaluation set of a project needs it open', (t) => {
  const project_id = idOf(3);
  const project = { type: 'project', id: project_id };
  const orbit = record(ProjectCreated, project, { name: 'Orbit', slug: 'orbit', description: '' }, project_id);
  const command = { evaluation_set_id, name: 'support', project_id, cases: [one] };
  given(t, founded).when(createEvaluationSet, command).thenRefused('project_not_found');
  given(t, founded, orbit, record(ProjectArchived, project, {}, project_id))
    .when(createEvaluationSet, command)
    .thenRefused('project_archived');
  t.same(
    given(t, founded, orbit)
      .when(createEvaluationSet, command)
      .events.map((event) => event.project_id),
    [project_id, project_id],
  );
  t.end();
});

test('cases that do not hold together are refused', (t) => {
  const bad: readonly (readonly EvaluationCase[])[] = [
    [],
    [one, one],
    [{ ...one, steps: { expected: [], in_order: true, never: [] } }],
    [{ ...one, steps: { expected: ['review'], in_order: true, never: ['review'] } }],
    [{ ...one, weights: { completion: 0, steps: 0, cost: 0, loops: 0 } }],
    Array.from({ length: 201 }, (_, index) => evaluationCase(`case-${index}`)),
  ];
  for (const cases of bad) {
    given(t, founded)
      .when(createEvaluationSet, { evaluation_set_id, name: 'support', cases })
      .thenRefused('evaluation_cases_invalid');
    given(t, ...history)
      .when(changeEvaluationSet, { evaluation_set_id, cases })
      .thenRefused('evaluation_cases_invalid');
  }
  t.end();
});

test('an edit is another revision of what differs, and the same again is none', (t) => {
  const attempt = (cases: readonly EvaluationCase[]) =>
    given(t, ...history).when(changeEvaluationSet, { evaluation_set_id, cases });
  attempt([two, one]).thenEvents();
  attempt([one, dearer]).thenEvents(revised(2, [dearer]));
  attempt([dearer, three]).thenEvents(revised(2, [dearer, three], ['one']));
  attempt([two]).thenEvents(revised(2, [], ['one']));
  given(t, ...history)
    .when(changeEvaluationSet, { evaluation_set_id, description: 'Ours' })
    .thenEvents(record(EvaluationSetChanged, ref, { description: 'Ours' }, null));
  given(t, ...history)
    .by('agent')
    .when(changeEvaluationSet, { evaluation_set_id, cases: [one] })
    .thenRefused('role_forbidden');
  given(t, founded)
    .when(changeEvaluationSet, { evaluation_set_id, cases: [one] })
    .thenRefused('evaluation_set_not_found');
  t.end();
});

function stateOf(facts: readonly NewEvent[]): EvaluationSet {
  let state: EvaluationSet | undefined;
  for (const [index, event] of facts.entries()) {
    const { stream, type, schema, data } = plain(event);
    state = evaluationSetStream.evolve(state, { stream, type, schema, data, version: index + 1, actor: {} });
  }
  return state as EvaluationSet;
}

test('an earlier revision stays what it was', (t) => {
  const set = stateOf([created, revised(1, [one, two]), revised(2, [dearer, three], ['one'])]);
  t.same(casesOf(set, 1), [one, two]);
  t.same(casesOf(set, 2), [three, dearer]);
  t.same(casesOf(set, 3), []);
  t.equal(set.revisions.length, 2);
  t.end();
});

test('the largest set is one revision in entries that fit', (t) => {
  const most = expectationOf({
    outcome: 'low_confidence',
    steps: { expected: Array.from({ length: 40 }, () => 'classify' as const), in_order: false, never: [...runSteps] },
    budget_micros: Number.MAX_SAFE_INTEGER,
    max_candidates: 100,
    max_calls: 1_000,
    weights: { completion: 100, steps: 100, cost: 100, loops: 100 },
  });
  const steps = { expected: most.steps?.expected ?? [], in_order: false, never: runSteps.slice(1) };
  const cases = Array.from({ length: 200 }, (_, index) =>
    evaluationCase(String(index).padStart(80, '0'), { ...most, steps, language: 'javascript' }),
  );
  const { events } = given(t, founded).when(createEvaluationSet, { evaluation_set_id, name: 'support', cases });
  t.equal(events.length, 8);
  for (const { data } of events) t.ok(entryFits(canonicalJson(data)));
  const set = stateOf(events);
  t.equal(set.revisions.length, 1);
  t.same(casesOf(set, 1), cases);
  t.end();
});

test('nothing changes in an archived evaluation set until it is restored', (t) => {
  given(t, ...history)
    .when(archiveEvaluationSet, { evaluation_set_id })
    .thenEvents(archived);
  given(t, ...history, archived)
    .when(archiveEvaluationSet, { evaluation_set_id })
    .thenEvents();
  given(t, ...history, archived)
    .when(changeEvaluationSet, { evaluation_set_id, cases: [one] })
    .thenRefused('evaluation_set_archived');
  given(t, ...history, archived)
    .when(restoreEvaluationSet, { evaluation_set_id })
    .thenEvents(record(EvaluationSetRestored, ref, {}, null));
  given(t, ...history)
    .when(restoreEvaluationSet, { evaluation_set_id })
    .thenEvents();
  for (const command of [archiveEvaluationSet, restoreEvaluationSet]) {
    given(t, ...history)
      .by('orchestrator')
      .when(command, { evaluation_set_id })
      .thenRefused('role_forbidden');
    given(t, founded).when(command, { evaluation_set_id }).thenRefused('evaluation_set_not_found');
  }
  t.end();
});
